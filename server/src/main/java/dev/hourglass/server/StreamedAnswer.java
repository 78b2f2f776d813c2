package dev.hourglass.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.response.AnswerStream;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer as server-sent events. The response begins when the engine does, so that whatever is
 * refused before has a status of its own; a failure after that is an error event, and the missing
 * {@code [DONE]} tells that the answer is not whole.
 */
final class StreamedAnswer implements TurnResponse.Answer {
  private final Exchange exchange;
  private final AnswerForm form;
  private @Nullable AnswerStream stream;
  private @Nullable String sessionId;

  StreamedAnswer(Exchange exchange, AnswerForm form) {
    this.exchange = exchange;
    this.form = form;
  }

  @Override
  public void refused(Refusal refusal) {
    exchange.fail(HttpFailure.of(refusal, form.byToken()));
  }

  @Override
  public void started(SessionId session, String model, PromptUsage usage) {
    form.announce(exchange, session, usage);
    exchange.setHeader("X-Accel-Buffering", "no");
    sessionId = form.sessionId(session);
    AnswerStream opened = form.stream(model);
    stream = opened;
    exchange.beginStream("text/event-stream");
    // The role goes out before any text: it carries the headers, and a proxy knows that we live.
    byte[] opening = opened.opening();
    exchange.write(
        Buffer.buffer(opening.length == 0 ? ": started\n\n".getBytes(US_ASCII) : opening));
  }

  @Override
  public void texts(List<TextDelta> deltas) {
    if (stream == null || exchange.isOver()) {
      return;
    }
    Buffer events = Buffer.buffer();
    for (TextDelta delta : deltas) {
      if (!delta.logprobs().isEmpty()) {
        events.appendBytes(stream.text(delta.text(), CoreTerms.logprobs(delta.logprobs())));
      } else if (!delta.text().isEmpty()) {
        events.appendBytes(stream.text(delta.text()));
      }
    }
    exchange.write(events);
  }

  @Override
  public void ended(TurnEnd end) {
    switch (end) {
      case TurnEnd.Completed completed -> complete(completed);
      case TurnEnd.Failed(Refusal reason, _, _) -> fail(HttpFailure.of(reason, form.byToken()));
      // Only the client's own leaving cancels, so there is nobody to tell.
      case TurnEnd.Cancelled _ -> exchange.cut();
    }
  }

  private void complete(TurnEnd.Completed completed) {
    if (stream == null) {
      throw new IllegalStateException("a turn completed that never started");
    }
    exchange.endStream(
        Buffer.buffer(
            stream.ending(
                CoreTerms.finishReason(completed.reason()),
                CoreTerms.usage(completed.usage()),
                CoreTerms.note(sessionId, completed))));
  }

  private void fail(HttpFailure failure) {
    if (stream == null) {
      exchange.fail(failure);
    } else {
      exchange.endStream(Buffer.buffer(AnswerStream.failure(failure.body())));
    }
  }
}
