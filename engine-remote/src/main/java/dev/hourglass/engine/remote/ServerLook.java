package dev.hourglass.engine.remote;

import dev.hourglass.protocol.upstream.ModelEntry;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server says of itself.
 *
 * @param models that it lists; empty where it lists none
 */
public record ServerLook(ServerKind kind, List<ModelEntry> models, KvControl control) {
  private static final Logger log = LoggerFactory.getLogger(ServerLook.class);

  public ServerLook {
    models = List.copyOf(models);
  }

  /**
   * Finds out what a server of these models is: what they are owned by is its claim, and an
   * endpoint that only such a server has confirms it. Whoever cannot confirm is taken for any
   * server of the OpenAI API.
   */
  static Future<ServerLook> of(RemoteEndpoint endpoint, List<ModelEntry> models) {
    ServerKind configured = endpoint.settings().kind();
    ServerKind claimed =
        models.isEmpty() ? ServerKind.OPENAI : ServerKind.claimedBy(models.getFirst().owner());
    ServerKind kind = configured == null ? claimed : configured;
    return (switch (kind) {
          case OPENAI -> Future.succeededFuture(KvControl.NONE);
          case LLAMA_SERVER -> LlamaSlots.open(endpoint);
          case VLLM -> VllmMetrics.open(endpoint);
          case SGLANG -> SglangSessions.open(endpoint);
          case HOURGLASS -> HourglassSessions.open(endpoint);
        })
        .map(control -> new ServerLook(kind, models, control))
        .recover(unconfirmed -> {
          log.warn(
              "{} is taken for any server of the OpenAI API, not for {}: {}",
              endpoint,
              kind.wireName(),
              unconfirmed.getMessage());
          return Future.succeededFuture(new ServerLook(ServerKind.OPENAI, models, KvControl.NONE));
        });
  }

  /** Asks for a JSON object; fails where the server has none there. */
  static Future<JsonObject> object(RemoteEndpoint endpoint, String path) {
    return endpoint
        .ask(HttpMethod.GET, path)
        .compose(reply ->
            reply.isOk()
                ? Future.succeededFuture(reply.object())
                : Future.failedFuture(path + ": status " + reply.status()));
  }
}
