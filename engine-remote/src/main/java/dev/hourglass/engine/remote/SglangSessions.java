package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sessions of an SGLang server that was started with {@code --enable-session-radix-cache}: the KV
 * state of a request is tagged with the session, kept before untagged state, and the first to go
 * once the session is closed.
 *
 * <p>Nothing there counts what a session holds, so a release is asked for and yet reported as
 * <em>unsupported</em>: that the state is gone was never seen.
 */
final class SglangSessions implements KvControl {
  private static final int MOST_OPEN = 100_000;

  /** How long a text a session may hold there; it keeps none for requests that are only tagged. */
  private static final int TEXT_CAPACITY = 1;

  private final RemoteEndpoint endpoint;
  private final AtomicLong opened = new AtomicLong();

  /** The server's names of sessions, the least recently used first. Guarded by itself. */
  private final Map<SessionId, CompletionStage<String>> names =
      new LinkedHashMap<>(16, 0.75f, true);

  private SglangSessions(RemoteEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** Looks whether sessions are enabled; a server without them is left alone. */
  static Future<KvControl> open(RemoteEndpoint endpoint) {
    return ServerLook.object(endpoint, "/get_server_info")
        .map(info ->
            Boolean.TRUE.equals(info.getValue("enable_session_radix_cache"))
                ? new SglangSessions(endpoint)
                : KvControl.NONE);
  }

  @Override
  public CompletableFuture<Arrival> arrive(GenerationRequest request, ResidencyListener residency) {
    if (!request.retain()) {
      return KvControl.NONE.arrive(request, residency);
    }
    return name(request.session())
        .toCompletableFuture()
        .thenApply(name ->
            new Arrival.Stays(
                new Stay() {
                  @Override
                  public String members() {
                    return name.isEmpty() ? "" : "\"session_id\":\"" + name + '"';
                  }
                }));
  }

  /** The server's name of a session, which is opened there if need be; empty where it is not. */
  private CompletionStage<String> name(SessionId session) {
    CompletableFuture<String> name = new CompletableFuture<>();
    CompletionStage<String> surplus = null;
    synchronized (names) {
      CompletionStage<String> known = names.get(session);
      if (known != null) {
        return known;
      }
      names.put(session, name);
      if (names.size() > MOST_OPEN) {
        surplus = names.remove(names.keySet().iterator().next());
      }
    }
    if (surplus != null) {
      var _ = surplus.thenAccept(this::close);
    }
    // A closed name must not come back: the server would take late requests for the new session's.
    String wanted = session.value() + '.' + opened.incrementAndGet();
    endpoint
        .ask(
            HttpMethod.POST,
            "/open_session",
            JsonObject.of("capacity_of_str_len", TEXT_CAPACITY, "session_id", wanted))
        .onComplete(
            asked -> name.complete(asked.succeeded() && asked.result().isOk() ? wanted : ""));
    return name;
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    CompletionStage<String> name;
    synchronized (names) {
      name = names.remove(session);
    }
    if (name != null) {
      var _ = name.thenAccept(this::close);
    }
    return KvControl.NONE.release(session);
  }

  private void close(String name) {
    if (!name.isEmpty()) {
      var _ = endpoint.ask(HttpMethod.POST, "/close_session", JsonObject.of("session_id", name));
    }
  }
}
