package dev.hourglass.app.replay.admission;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.admission.Rejection;
import java.time.Duration;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A trace run against one server in virtual time: each request is a client that does what it is
 * told, and gives up 60 s after it first came.
 *
 * <p>A hint has come true if the client that follows it is let in within 2 s. The hint of a client
 * that has given up by then is tried out without it: whether somebody who came at that moment would
 * be let in, or could wait.
 */
final class AdmissionReplay {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SEED = 5;

  private final Trace trace;
  private final double load;
  private final int slots;
  private final Strategy strategy;
  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Tally tally;
  private final Door door;

  AdmissionReplay(Trace trace, double load, Strategy strategy) {
    this.trace = trace;
    this.load = load;
    this.slots = slots(trace, load);
    this.strategy = strategy;
    this.tally = new Tally(trace.requests().size());
    this.door =
        switch (strategy) {
          case TICKET -> new TicketDoor(slots, time);
          case FIFO -> PlainDoor.withEndlessLine(slots, PATIENCE, time);
          case FIXED_1, EXPONENTIAL, FIXED_30 ->
              PlainDoor.withShortLine(slots, serviceSeconds(trace) / trace.requests().size(), time);
        };
  }

  /** As many as are in use on average, divided by the load; at least one. */
  static int slots(Trace trace, double load) {
    double seconds = trace.requests().getLast().arrivalSeconds();
    return (int) Math.max(1, Math.round(serviceSeconds(trace) / seconds / load));
  }

  private static double serviceSeconds(Trace trace) {
    return trace.requests().stream().mapToDouble(AdmissionReplay::serviceSeconds).sum();
  }

  private static double serviceSeconds(Trace.Request request) {
    return request.endSeconds() - request.arrivalSeconds();
  }

  AdmissionResult run() {
    for (Trace.Request request : trace.requests()) {
      Client client = new Client(request.arrivalSeconds(), serviceSeconds(request));
      time.after(request.arrivalSeconds(), () -> client.knock(null));
      time.after(request.arrivalSeconds() + PATIENCE.toSeconds(), client::giveUp);
    }
    time.run();
    return tally.result(strategy, load, slots);
  }

  /** One request, from its first attempt until it is served or given up. */
  private final class Client implements Door.Caller {
    private final double cameSeconds;
    private final double serviceSeconds;
    private int attempts;
    private boolean over;
    private Runnable leave = () -> {};
    private Tally.@Nullable Hints followed;

    Client(double cameSeconds, double serviceSeconds) {
      this.cameSeconds = cameSeconds;
      this.serviceSeconds = serviceSeconds;
    }

    void knock(@Nullable String ticket) {
      attempts++;
      tally.attempt();
      leave = door.knock(ticket, this);
    }

    /** Its patience is at an end. */
    void giveUp() {
      if (!over) {
        over = true;
        leave.run();
      }
    }

    @Override
    public void admitted(Runnable slot) {
      over = true;
      outcome(true);
      tally.served(time.seconds() - cameSeconds);
      time.after(serviceSeconds, slot);
    }

    @Override
    public void refused(@Nullable Rejection rejection) {
      outcome(false);
      switch (rejection) {
        case Rejection.ComeBack(var after, var ticket) -> comeBack(after, ticket, tally.hints());
        case Rejection.TooFarOff(var after) -> comeBack(after, null, tally.farHints());
        case Rejection.BadTicket(var fault) ->
            throw new IllegalStateException("a ticket was " + fault);
        case null -> {
          Duration pause = strategy.pause(attempts, random);
          comeBack(pause, null, attempts == 1 ? tally.hints() : null);
        }
      }
    }

    private void comeBack(
        Duration after, @Nullable String ticket, Tally.@Nullable Hints countedWith) {
      double left = cameSeconds + PATIENCE.toSeconds() - time.seconds();
      if (after.toNanos() / 1e9 < left) {
        time.after(
            after,
            () -> {
              followed = countedWith;
              knock(ticket);
            });
        return;
      }
      over = true;
      if (countedWith != null) {
        time.after(after, () -> countedWith.outcome(door.wouldTake()));
      }
    }

    private void outcome(boolean hit) {
      if (followed != null) {
        followed.outcome(hit);
        followed = null;
      }
    }
  }
}
