package dev.hourglass.app;

import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.engine.remote.RemoteSettings;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Servers to stand in front of, as somebody wishes them.
 *
 * @param models that each of the servers is taken to serve; empty for those that it lists
 * @param aliases further names of models
 * @param defaultModel {@code null} for the first
 */
record UpstreamPlan(
    String pool,
    List<String> models,
    Map<String, String> aliases,
    @Nullable String defaultModel,
    RoutingStrategy strategy,
    List<Server> servers) {
  UpstreamPlan {
    models = List.copyOf(models);
    aliases = Map.copyOf(aliases);
    servers = List.copyOf(servers);
  }

  /**
   * One of them.
   *
   * @param weight its share of the work beside the others
   * @param capacity the most generations that it has at once; 0 for as many as come
   */
  record Server(RemoteSettings settings, double weight, int capacity) {}
}
