package dev.hourglass.server;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;

/**
 * A client's connection, with the patience that the server has with it: as a whole in HTTP/1.1,
 * which carries one request at a time, and with each of its streams in HTTP/2. Used on its event
 * loop only.
 */
final class ClientConnection {
  /** The stream is not wanted any more (RFC 9113, 7). */
  private static final long CANCEL = 0x8;

  private final HttpConnection connection;
  private final NanoClock clock;
  private final Patience patience;

  /** Bounded by the number of streams that a client may open at once. */
  private final Set<Patience> streams = new HashSet<>(1);

  ClientConnection(HttpConnection connection, NanoClock clock) {
    this.connection = connection;
    this.clock = clock;
    this.patience = new Patience(clock, this::cut);
  }

  /** A clock that only goes forward. */
  interface NanoClock {
    long nanos();
  }

  /** The patience with the connection as a whole. */
  Patience patience() {
    return patience;
  }

  /** The patience with a stream that has begun; the connection owes nothing while there is one. */
  Patience begin(HttpServerResponse stream) {
    patience.expectNothing();
    Patience begun = new Patience(clock, () -> stream.reset(CANCEL));
    streams.add(begun);
    return begun;
  }

  /** A stream is over; after the last one the next has to begin within this time. */
  void ended(Patience stream, Duration idle) {
    if (streams.remove(stream) && streams.isEmpty()) {
      patience.expect(idle);
    }
  }

  /** Acts on deadlines that have passed. */
  void check(long nowNanos) {
    patience.check(nowNanos);
    if (!streams.isEmpty()) {
      // A copy, since a stream that is cut leaves the set.
      new ArrayList<>(streams).forEach(stream -> stream.check(nowNanos));
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
