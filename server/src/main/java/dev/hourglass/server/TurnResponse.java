package dev.hourglass.server;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.TurnListener;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The border between a turn's threads and a client's event loop.
 *
 * <p>What the turn tells on the event loop itself is written at once. What it tells elsewhere is
 * queued and taken over in one go: while the event loop is busy, tokens pile up and become one
 * write. The queue is bounded by the answer's length, and a client that does not read is cut.
 */
final class TurnResponse implements TurnListener {
  private final Exchange exchange;
  private final Answer answer;
  private final Queue<Signal> signals = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean takeoverDue = new AtomicBoolean();

  /** Of the event loop alone. */
  private boolean delivering;

  TurnResponse(Exchange exchange, Answer answer) {
    this.exchange = exchange;
    this.answer = answer;
  }

  /** The response as it is written, on the event loop. */
  interface Answer {
    void refused(Refusal refusal);

    void started(SessionId session, String model, PromptUsage usage);

    /** Pieces that came since the last call, in order. */
    void texts(List<TextDelta> deltas);

    void ended(TurnEnd end);
  }

  private sealed interface Signal {
    record Refused(Refusal refusal) implements Signal {}

    record Started(SessionId session, String model, PromptUsage usage) implements Signal {}

    record Text(TextDelta delta) implements Signal {}

    record Ended(TurnEnd end) implements Signal {}
  }

  @Override
  public void refused(Refusal refusal) {
    signal(new Signal.Refused(refusal));
  }

  @Override
  public void started(SessionId session, String model, PromptUsage usage) {
    signal(new Signal.Started(session, model, usage));
  }

  @Override
  public void text(TextDelta delta) {
    signal(new Signal.Text(delta));
  }

  @Override
  public void ended(TurnEnd end) {
    signal(new Signal.Ended(end));
  }

  private void signal(Signal signal) {
    signals.add(signal);
    if (exchange.isOnEventLoop()) {
      // What is told while we deliver is delivered by whoever does.
      if (!delivering) {
        takeOver();
      }
    } else if (takeoverDue.compareAndSet(false, true)) {
      exchange.onEventLoop(this::takeOver);
    }
  }

  private void takeOver() {
    // Cleared first: a signal that comes while we read asks for another takeover, at worst an
    // empty one.
    takeoverDue.set(false);
    delivering = true;
    try {
      deliver();
    } catch (RuntimeException defect) {
      exchange.failUnexpectedly(defect);
    } finally {
      delivering = false;
    }
  }

  private void deliver() {
    List<TextDelta> texts = new ArrayList<>();
    for (Signal signal = signals.poll(); signal != null; signal = signals.poll()) {
      if (signal instanceof Signal.Text(TextDelta delta)) {
        texts.add(delta);
        continue;
      }
      if (!texts.isEmpty()) {
        answer.texts(texts);
        texts = new ArrayList<>();
      }
      switch (signal) {
        case Signal.Refused(Refusal refusal) -> answer.refused(refusal);
        case Signal.Started(var session, var model, var usage) ->
            answer.started(session, model, usage);
        case Signal.Ended(TurnEnd end) -> answer.ended(end);
        case Signal.Text _ -> throw new IllegalStateException("texts are gathered above");
      }
    }
    if (!texts.isEmpty()) {
      answer.texts(texts);
    }
  }
}
