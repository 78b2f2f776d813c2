package dev.hourglass.server;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.response.TokenProbability;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer that is sent when it is whole. */
final class WholeAnswer implements TurnResponse.Answer {
  private final Exchange exchange;
  private final AnswerForm form;
  private final StringBuilder text = new StringBuilder();
  private final List<TokenProbability> logprobs = new ArrayList<>();
  private @Nullable SessionId session;
  private @Nullable String model;

  WholeAnswer(Exchange exchange, AnswerForm form) {
    this.exchange = exchange;
    this.form = form;
  }

  @Override
  public void refused(Refusal refusal) {
    exchange.fail(HttpFailure.of(refusal, form.byToken()));
  }

  @Override
  public void started(SessionId startedSession, String startedModel, PromptUsage usage) {
    session = startedSession;
    model = startedModel;
    form.announce(exchange, startedSession, usage);
  }

  @Override
  public void texts(List<TextDelta> deltas) {
    for (TextDelta delta : deltas) {
      text.append(delta.text());
      logprobs.addAll(CoreTerms.logprobs(delta.logprobs()));
    }
  }

  @Override
  public void ended(TurnEnd end) {
    switch (end) {
      case TurnEnd.Completed completed -> complete(completed);
      case TurnEnd.Failed(Refusal reason, _, _) ->
          exchange.fail(HttpFailure.of(reason, form.byToken()));
      // Only the client's own leaving cancels, so there is nobody to tell.
      case TurnEnd.Cancelled _ -> exchange.cut();
    }
  }

  private void complete(TurnEnd.Completed completed) {
    if (session == null || model == null) {
      throw new IllegalStateException("a turn completed that never started");
    }
    if (completed.replayed()) {
      exchange.setHeader("Idempotent-Replayed", "true");
    }
    exchange.sendJson(
        200, form.whole(model, text.toString(), logprobs, form.sessionId(session), completed));
  }
}
