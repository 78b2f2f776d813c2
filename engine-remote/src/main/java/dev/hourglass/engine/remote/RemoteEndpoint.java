package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineFault.Kind;
import dev.hourglass.protocol.upstream.AnswerPieceReader;
import dev.hourglass.protocol.upstream.ModelEntry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A server, the connections to it, and what it says of itself.
 *
 * <p>Each event loop has a {@link Lane} of its own: a request that comes in on one goes on to the
 * server from the same, and no byte changes threads on the way.
 */
public final class RemoteEndpoint implements AutoCloseable {
  private static final int MOST_LANES = 64;
  private static final Duration LOOK_DEADLINE = Duration.ofSeconds(4);
  private static final int MOST_NAME = 64;
  private static final int MOST_LISTED_BYTES = 4 * 1024 * 1024;

  private final Vertx vertx;
  private final RemoteSettings settings;
  private final LongSupplier nanoClock;
  private final AnswerPieceReader reader;
  private final Map<Thread, Lane> lanes = new ConcurrentHashMap<>();
  private final List<Context> contexts = new ArrayList<>(); // guarded by itself
  private final AtomicInteger turn = new AtomicInteger();
  private volatile boolean closed;

  /**
   * Opens an endpoint; connects to nothing yet.
   *
   * @param vertx whose event loops are used; stays the caller's
   */
  public RemoteEndpoint(Vertx vertx, RemoteSettings settings, LongSupplier nanoClock) {
    this.vertx = vertx;
    this.settings = settings;
    this.nanoClock = nanoClock;
    this.reader = new AnswerPieceReader(settings.answerBytes());
  }

  RemoteSettings settings() {
    return settings;
  }

  AnswerPieceReader reader() {
    return reader;
  }

  long nanos() {
    return nanoClock.getAsLong();
  }

  boolean isClosed() {
    return closed;
  }

  /** Does something in a lane: that of the calling event loop, or any where there is none. */
  void inLane(LaneWork work) {
    Context current = Vertx.currentContext();
    if (current != null && Context.isOnEventLoopThread() && current.owner().equals(vertx)) {
      work.in(laneOfThisThread());
      return;
    }
    anyContext().runOnContext(_ -> work.in(laneOfThisThread()));
  }

  /** What is done in a lane, on its event loop. */
  interface LaneWork {
    void in(Lane lane);
  }

  private Lane laneOfThisThread() {
    Lane lane = lanes.get(Thread.currentThread());
    if (lane == null) {
      if (lanes.size() >= MOST_LANES) {
        throw new IllegalStateException("more event loops than " + MOST_LANES);
      }
      Context context = vertx.getOrCreateContext();
      lane = new Lane(vertx, context, this);
      lanes.put(Thread.currentThread(), lane);
      synchronized (contexts) {
        contexts.add(context);
      }
    }
    return lane;
  }

  private Context anyContext() {
    synchronized (contexts) {
      return contexts.isEmpty()
          ? vertx.getOrCreateContext()
          : contexts.get(Math.floorMod(turn.getAndIncrement(), contexts.size()));
    }
  }

  /** What it is called among others: host and port. */
  public String name() {
    String host = settings.base().getHost().replaceAll("[^A-Za-z0-9.-]", "");
    String name = host + ":" + settings.port();
    return name.length() <= MOST_NAME ? name : name.substring(name.length() - MOST_NAME);
  }

  /** Calls under way. */
  public int callsInFlight() {
    return lanes.values().stream().mapToInt(Lane::inFlight).sum();
  }

  // --- what the server says of itself ----------------------------------------------------------

  /** The models that the server lists; fails where it lists none or cannot be asked. */
  public CompletionStage<List<ModelEntry>> models() {
    return get("/models")
        .compose(body -> {
          try {
            return Future.succeededFuture(reader.models(body.getBytes()));
          } catch (IOException malformed) {
            return Future.failedFuture(malformed);
          }
        })
        .toCompletionStage();
  }

  /** Whether the server answers at all. */
  public CompletionStage<Boolean> probe() {
    return get("/models").map(_ -> true).toCompletionStage();
  }

  private Future<Buffer> get(String below) {
    Promise<Buffer> answer = Promise.promise();
    inLane(lane ->
        lane.request(HttpMethod.GET, below)
            .compose(request -> request.idleTimeout(LOOK_DEADLINE.toMillis()).send())
            .compose(RemoteEndpoint::listed)
            .onComplete(answer));
    return answer.future();
  }

  /** A body of bounded length; a server that sends more is left. */
  private static Future<Buffer> listed(HttpClientResponse response) {
    Promise<Buffer> whole = Promise.promise();
    if (response.statusCode() != 200) {
      whole.fail(new IOException("status " + response.statusCode()));
    }
    Buffer collected = Buffer.buffer();
    response.exceptionHandler(whole::tryFail);
    response.handler(piece -> {
      if (collected.length() + piece.length() > MOST_LISTED_BYTES) {
        whole.tryFail(new IOException("more than " + MOST_LISTED_BYTES + " bytes"));
        var _ = response.request().reset();
      } else {
        collected.appendBuffer(piece);
      }
    });
    response.endHandler(_ -> whole.tryComplete(collected));
    return whole.future();
  }

  // --- faults ----------------------------------------------------------------------------------

  EngineFault unreachable() {
    return new EngineFault(
        Kind.UNREACHABLE,
        "the server at %s:%d could not be reached"
            .formatted(settings.base().getHost(), settings.port()));
  }

  EngineFault brokenOff(String what) {
    return new EngineFault(Kind.BROKEN_OFF, "the remote server " + what);
  }

  EngineFault stalled(String what) {
    return new EngineFault(Kind.STALLED, "the remote server " + what);
  }

  @Override
  public void close() {
    closed = true;
    lanes.values().forEach(Lane::close);
  }

  @Override
  public String toString() {
    return settings.base().toString();
  }
}
