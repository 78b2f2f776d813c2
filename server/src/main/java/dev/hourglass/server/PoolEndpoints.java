package dev.hourglass.server;

import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EndpointStatus;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.protocol.response.EndpointDescription;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of all pools over HTTP, for operators: those who hold a key of the default tenant,
 * and on an open server everybody who reaches it.
 */
final class PoolEndpoints {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int SHOWN_SESSIONS = 10;

  private final Collection<EnginePool> pools;

  PoolEndpoints(Collection<EnginePool> pools) {
    this.pools = pools;
  }

  /** {@code GET /v1/endpoints}. */
  void list(Exchange exchange) {
    if (isOperator(exchange)) {
      exchange.sendJson(200, EndpointDescription.listToJson(descriptions(null)));
    }
  }

  /** {@code POST /v1/endpoints/{endpoint_id}/drain}. */
  void drain(Exchange exchange) {
    change(exchange, EnginePool::drain);
  }

  /** {@code POST /v1/endpoints/{endpoint_id}/eject}. */
  void eject(Exchange exchange) {
    change(exchange, EnginePool::eject);
  }

  /** {@code POST /v1/endpoints/{endpoint_id}/restore}. */
  void restore(Exchange exchange) {
    change(exchange, EnginePool::restore);
  }

  /** One server may be in the pool of each model that it serves: there it is one endpoint. */
  private void change(Exchange exchange, BiPredicate<EnginePool, EndpointId> change) {
    if (!isOperator(exchange)) {
      return;
    }
    Optional<EndpointId> id = EndpointId.parse(decoded(exchange.parameter()));
    boolean known = false;
    if (id.isPresent()) {
      for (EnginePool pool : pools) {
        known |= change.test(pool, id.get());
      }
    }
    if (known) {
      exchange.sendJson(200, EndpointDescription.listToJson(descriptions(id.get())));
    } else {
      exchange.fail(
          HttpFailure.of(
              404,
              "endpoint_not_found",
              "endpoint: none of that id (expected: one that /v1/endpoints lists)"));
    }
  }

  private static boolean isOperator(Exchange exchange) {
    boolean operator = exchange.tenant().equals(TenantId.DEFAULT);
    if (!operator) {
      exchange.fail(
          HttpFailure.of(
              403,
              "operator_only",
              "tenant: not the operator's (expected: a key of the tenant %s)"
                  .formatted(TenantId.DEFAULT)));
    }
    return operator;
  }

  private static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }

  private List<EndpointDescription> descriptions(@Nullable EndpointId only) {
    return pools.stream()
        .flatMap(pool ->
            pool.endpoints().stream()
                .filter(status -> only == null || status.id().equals(only))
                .map(status ->
                    description(status, pool.latestSessions(status.id(), SHOWN_SESSIONS))))
        .toList();
  }

  private static EndpointDescription description(
      EndpointStatus status, Map<SessionId, Integer> latestSessions) {
    EndpointStatus.Counts counts = status.counts();
    return new EndpointDescription(
        status.id().value(),
        status.model(),
        status.state().wireName(),
        status.breaker(),
        status.openFor().toNanos() / NANOS_PER_SECOND,
        status.weight(),
        status.share(),
        status.inFlight(),
        status.slots() == 0 ? null : Integer.valueOf(status.slots()),
        status.sessions(),
        status.kvTokens(),
        status.kvCapacityTokens() == 0 ? null : Integer.valueOf(status.kvCapacityTokens()),
        measured(status.pace().secondsToFirstToken()),
        measured(status.pace().secondsPerToken()),
        new EndpointDescription.Generations(
            counts.sent(),
            counts.completed(),
            counts.dropped(),
            counts.failedBeforeText(),
            counts.failedPartway()),
        latestSessions.entrySet().stream()
            .map(
                held -> new EndpointDescription.HeldSession(held.getKey().value(), held.getValue()))
            .toList());
  }

  private static @Nullable Double measured(double seconds) {
    return seconds > 0 ? Double.valueOf(seconds) : null;
  }
}
