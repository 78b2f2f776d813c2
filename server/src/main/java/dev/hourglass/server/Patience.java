package dev.hourglass.server;

import java.time.Duration;

/**
 * What the server waits for a client to do next, on a connection or on one stream of it, and what
 * happens otherwise. Used on its event loop only.
 */
final class Patience {
  private static final long NEVER = Long.MAX_VALUE;

  private final ClientConnection.NanoClock clock;
  private final Runnable cut;
  private long deadlineNanos = NEVER;
  private Runnable late;

  Patience(ClientConnection.NanoClock clock, Runnable cut) {
    this.clock = clock;
    this.cut = cut;
    this.late = cut;
  }

  /** The client has to act within this time, or is cut. */
  void expect(Duration patience) {
    expect(patience, cut);
  }

  /** The client has to act within this time, or something else happens. */
  void expect(Duration patience, Runnable otherwise) {
    deadlineNanos = clock.nanos() + patience.toNanos();
    late = otherwise;
  }

  /** The client owes nothing for now. */
  void expectNothing() {
    deadlineNanos = NEVER;
  }

  boolean owesSomething() {
    return deadlineNanos != NEVER;
  }

  /** Acts on a deadline that has passed. */
  void check(long nowNanos) {
    if (deadlineNanos != NEVER && nowNanos - deadlineNanos >= 0) {
      deadlineNanos = NEVER;
      late.run();
    }
  }

  /** Ends the connection, or the stream, without another word. */
  void cut() {
    cut.run();
  }
}
