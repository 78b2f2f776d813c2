package dev.hourglass.server;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;

/** A client's connection and what the server waits for it to do. Used on its event loop only. */
final class ClientConnection {
  private static final long NEVER = Long.MAX_VALUE;

  private final HttpConnection connection;
  private final NanoClock clock;
  private long deadlineNanos = NEVER;
  private Runnable late;

  ClientConnection(HttpConnection connection, NanoClock clock) {
    this.connection = connection;
    this.clock = clock;
    this.late = this::cut;
  }

  /** A clock that only goes forward. */
  interface NanoClock {
    long nanos();
  }

  /** The client has to act within this time, or is cut. */
  void expect(Duration patience) {
    expect(patience, this::cut);
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

  /**
   * Closes the connection now, whatever is still to be written. The connection's own {@code close}
   * would first wait until everything is, which a client that does not read never lets happen.
   */
  void cut() {
    if (connection instanceof HttpServerConnection server) {
      var _ = server.channelHandlerContext().close();
    } else {
      connection.close();
    }
  }
}
