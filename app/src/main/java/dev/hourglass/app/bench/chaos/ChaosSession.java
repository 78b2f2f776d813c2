package dev.hourglass.app.bench.chaos;

import dev.hourglass.core.Gateway;
import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.TurnListener;
import dev.hourglass.core.TurnRequest;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * A client that holds one conversation and resends all of it with each turn, as OpenAI clients do.
 * A turn that is due while the last one runs is asked all the same, without that one's answer.
 */
final class ChaosSession {
  private static final int MOST_MESSAGES = 20;
  private static final double NANOS_PER_SECOND = 1e9;

  private final Gateway gateway;
  private final TurnTally tally;
  private final LongSupplier ticker;
  private final int number;

  /** Guarded by this. */
  private final List<ChatMessage> messages = new ArrayList<>();

  private int turns;

  ChaosSession(Gateway gateway, TurnTally tally, LongSupplier ticker, int number) {
    this.gateway = gateway;
    this.tally = tally;
    this.ticker = ticker;
    this.number = number;
  }

  /** A turn is due. */
  void turn(long dueNanos) {
    List<ChatMessage> asked;
    synchronized (this) {
      if (messages.size() >= MOST_MESSAGES) {
        messages.clear();
      }
      asked = new ArrayList<>(messages);
      asked.add(new ChatMessage(ChatRole.USER, "Session %d, turn %d?".formatted(number, ++turns)));
    }
    tally.started();
    gateway.submit(
        new TurnRequest(
            TenantId.DEFAULT,
            new TurnRequest.Input.Conversation(asked),
            null,
            Sampling.DEFAULTS,
            null),
        new Listener(asked, dueNanos));
  }

  private synchronized void answered(List<ChatMessage> asked, String answer) {
    messages.clear();
    messages.addAll(asked);
    messages.add(new ChatMessage(ChatRole.ASSISTANT, answer));
  }

  private final class Listener implements TurnListener {
    private final List<ChatMessage> asked;
    private final long dueNanos;
    private final StringBuilder answer = new StringBuilder();

    private Listener(List<ChatMessage> asked, long dueNanos) {
      this.asked = asked;
      this.dueNanos = dueNanos;
    }

    @Override
    public void refused(Refusal refusal) {
      tally.failed(reason(refusal), false);
    }

    @Override
    public void started(SessionId session, String model, PromptUsage usage) {}

    @Override
    public void text(TextDelta delta) {
      if (answer.isEmpty()) {
        tally.firstText((ticker.getAsLong() - dueNanos) / NANOS_PER_SECOND);
      }
      answer.append(delta.text());
    }

    @Override
    public void ended(TurnEnd end) {
      switch (end) {
        case TurnEnd.Completed _ -> {
          answered(asked, answer.toString());
          tally.completed();
        }
        case TurnEnd.Failed failed -> tally.failed(reason(failed.reason()), !answer.isEmpty());
        case TurnEnd.Cancelled _ -> tally.failed("cancelled", !answer.isEmpty());
      }
    }

    /** Of the message only what does not change from turn to turn. */
    private static String reason(Refusal refusal) {
      String kind = refusal.kind().name().toLowerCase(Locale.ROOT);
      int detail = refusal.message().indexOf(':');
      String message = detail < 0 ? refusal.message() : refusal.message().substring(0, detail);
      return kind + ", " + message.replaceAll("\\d+", "…");
    }
  }
}
