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
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A server, the connections to it, and what it says of itself.
 *
 * <p>Each event loop has a {@link Lane} of its own: a request that comes in on one goes on to the
 * server from the same, and no byte changes threads on the way.
 */
public final class RemoteEndpoint implements AutoCloseable {
  private static final int MOST_LANES = 64;
  private static final Duration PROBE_LIFE = Duration.ofSeconds(1);
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
  private final AtomicReference<@Nullable Probe> probe = new AtomicReference<>();
  private volatile @Nullable KvControl control;
  private volatile List<ModelEntry> models = List.of();
  private volatile boolean cacheSalt;
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

  /** What it is called among others: host and port, and its path where that is not the usual. */
  public String name() {
    String host = settings.base().getHost().replaceAll("[^A-Za-z0-9.-]", "");
    String path = settings.besides("");
    String name =
        host
            + ":"
            + settings.port()
            + (path.isEmpty()
                ? ""
                // Two paths may look the same without their slashes.
                : path.replaceAll("[^A-Za-z0-9.-]+", "-")
                    + "-"
                    + Integer.toHexString(path.hashCode()));
    return name.length() <= MOST_NAME ? name : name.substring(name.length() - MOST_NAME);
  }

  /** Calls under way. */
  public int callsInFlight() {
    return lanes.values().stream().mapToInt(Lane::inFlight).sum();
  }

  // --- what the server says of itself ----------------------------------------------------------

  /** Asks the server what it is; fails where it lists no models or cannot be asked. */
  public CompletionStage<ServerLook> look() {
    return listed()
        .compose(models -> ServerLook.of(this, models))
        .onSuccess(look -> {
          cacheSalt = look.kind().takesCacheSalt();
          control = look.control();
        })
        .toCompletionStage();
  }

  /** The models that the server listed when it answered last; none before it did. */
  public List<ModelEntry> models() {
    return models;
  }

  private Future<List<ModelEntry>> listed() {
    return asked(HttpMethod.GET, settings.path("/models"), null)
        .compose(reply -> {
          if (!reply.isOk()) {
            return Future.failedFuture("status " + reply.status());
          }
          try {
            models = List.copyOf(reader.models(reply.body().getBytes()));
            return Future.succeededFuture(models);
          } catch (IOException malformed) {
            return Future.failedFuture(malformed);
          }
        });
  }

  /** Whether the server keeps prefixes apart by {@code cache_salt}; not until it was asked. */
  boolean takesCacheSalt() {
    return cacheSalt;
  }

  /** What can be done with the KV state of sessions there; nothing until the server was asked. */
  KvControl control() {
    KvControl known = control;
    return known == null ? KvControl.NONE : known;
  }

  /**
   * Whether the server answers at all. Models that share a server share one question: whoever asks
   * within a second of another gets that one's answer.
   */
  public CompletionStage<Boolean> probe() {
    Probe last = probe.get();
    long now = nanos();
    if (last != null && now - last.beganNanos() < PROBE_LIFE.toNanos()) {
      return last.answer();
    }
    Probe next = new Probe(now, new CompletableFuture<>());
    if (!probe.compareAndSet(last, next)) {
      return probe();
    }
    // A server that was not there at the start is asked what it is as soon as it answers.
    (control == null ? look().thenApply(_ -> true) : listed().map(_ -> true).toCompletionStage())
        .whenComplete((good, failure) -> next.answer().complete(failure == null && good));
    control().refresh();
    return next.answer();
  }

  private record Probe(long beganNanos, CompletableFuture<Boolean> answer) {}

  /** Asks a path that the server has beside the API. */
  Future<ServerReply> ask(HttpMethod method, String path) {
    return asked(method, settings.besides(path), null);
  }

  /** Asks with a JSON body. */
  Future<ServerReply> ask(HttpMethod method, String path, JsonObject body) {
    return asked(method, settings.besides(path), body.toBuffer());
  }

  private Future<ServerReply> asked(HttpMethod method, String path, @Nullable Buffer body) {
    Promise<ServerReply> answer = Promise.promise();
    if (closed) {
      return Future.failedFuture("the endpoint is closed");
    }
    inLane(lane ->
        asking(lane, method, path)
            .compose(request -> {
              request.idleTimeout(LOOK_DEADLINE.toMillis());
              return body == null ? request.send() : request.send(body);
            })
            .compose(RemoteEndpoint::reply)
            .timeout(LOOK_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
            .onComplete(answer));
    return answer.future();
  }

  private static Future<HttpClientRequest> asking(Lane lane, HttpMethod method, String path) {
    try {
      return lane.request(method, path);
    } catch (IllegalStateException closedMeanwhile) {
      return Future.failedFuture(closedMeanwhile);
    }
  }

  /** A body of bounded length; a server that sends more is left. */
  private static Future<ServerReply> reply(HttpClientResponse response) {
    Promise<ServerReply> whole = Promise.promise();
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
    response.endHandler(_ ->
        whole.tryComplete(new ServerReply(response.statusCode(), response.headers(), collected)));
    return whole.future();
  }

  /** Does something after a while. */
  void later(Duration pause, Runnable action) {
    vertx.setTimer(pause.toMillis(), _ -> action.run());
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
