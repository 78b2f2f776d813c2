package dev.hourglass.app.config;

import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.engine.remote.ServerKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration, valid as soon as it exists. Whoever needs a part is handed that part.
 * docs/configuration.md tells what each value means.
 */
public record HourglassConfig(
    Server server,
    Limits limits,
    Admission admission,
    Sessions sessions,
    Reservations reservations,
    Model model,
    Upstream upstream,
    List<Pool> pools,
    Engine engine,
    Retention retention,
    Activity activity,
    Embeddings embeddings,
    Store store,
    List<ApiKey> keys,
    LogLevel logLevel) {

  public HourglassConfig {
    keys = List.copyOf(keys);
    pools = List.copyOf(pools);
    if (!upstream.urls().isEmpty() && !pools.isEmpty()) {
      throw new IllegalArgumentException(
          "upstream.urls: given beside pools (expected: one of them)");
    }
    // Among more sessions than turns there is always an idle one that can go for a new one.
    if (sessions.mostImplicit() <= limits.turnsInFlight()) {
      throw new IllegalArgumentException(
          "sessions.most_implicit: %d (expected: more than limits.turns_in_flight, %d)"
              .formatted(sessions.mostImplicit(), limits.turnsInFlight()));
    }
  }

  /** How the gateway listens; over TLS where a certificate is given. */
  public record Server(
      String host,
      int port,
      boolean insecure,
      Duration headerTimeout,
      Duration idleTimeout,
      int connections,
      Duration bodyTimeout,
      Duration slowClientTimeout,
      Duration drainDeadline,
      @Nullable Path tlsCertificate,
      @Nullable Path tlsKey,
      boolean http2) {
    public Server {
      if ((tlsCertificate == null) != (tlsKey == null)) {
        throw new IllegalArgumentException(
            "server.tls_%s: missing (expected: a certificate and its key, or none)"
                .formatted(tlsKey == null ? "key" : "certificate"));
      }
    }
  }

  /** What one client, request or session may take. */
  public record Limits(
      int bodyBytes,
      int headerBytes,
      int unreadBytes,
      int messagesPerRequest,
      int turnsInFlight,
      int queuePerSession) {}

  /** Who gets in, and for how long others wait; 0 slots leave their number to the engine. */
  public record Admission(
      int slots,
      Duration longestWait,
      Duration horizon,
      Duration ticketGrace,
      int waiting,
      int tickets) {}

  /** How many sessions live, and for how long. */
  public record Sessions(
      int most,
      int mostImplicit,
      Duration contextTtl,
      Duration contextTtlMost,
      Duration sweepInterval) {
    public Sessions {
      if (contextTtl.compareTo(contextTtlMost) > 0) {
        throw new IllegalArgumentException(
            "sessions.context_ttl: %ds (expected: at most sessions.context_ttl_most, %ds)"
                .formatted(contextTtl.toSeconds(), contextTtlMost.toSeconds()));
      }
    }
  }

  /** What may be reserved; 0 sessions take what the engine can hold at once. */
  public record Reservations(
      int sessions,
      Duration holdTtl,
      Duration noShowGrace,
      Duration longest,
      Duration horizon,
      int most,
      int mostPerTenant,
      int endedKept,
      int overbookingPercent) {}

  /** Which model is served, and under which further names. */
  public record Model(String ref, List<String> aliases) {
    public Model {
      aliases = List.copyOf(aliases);
    }
  }

  /** Servers to stand in front of; none where {@code urls} is empty. */
  public record Upstream(
      List<String> urls,
      String credential,
      Duration connectTimeout,
      Duration stallTimeout,
      Duration deadline,
      String routing,
      int connections) {
    public Upstream {
      urls = List.copyOf(urls);
      if (RoutingStrategy.ofName(routing).isEmpty()) {
        throw new IllegalArgumentException(
            "upstream.routing: %s (expected: one of %s)"
                .formatted(
                    routing,
                    Arrays.stream(RoutingStrategy.values())
                        .map(RoutingStrategy::wireName)
                        .collect(Collectors.joining(", "))));
      }
    }
  }

  /** Whether other servers are the engines, so that no model is loaded here. */
  public boolean standsInFront() {
    return !upstream.urls().isEmpty() || !pools.isEmpty();
  }

  /**
   * Servers of the same models.
   *
   * @param models that each serves; empty for those that it lists
   * @param aliases further names of models
   * @param defaultModel {@code null} for the first
   */
  public record Pool(
      String name,
      List<String> models,
      Map<String, String> aliases,
      @Nullable String defaultModel,
      String routing,
      List<PoolServer> servers) {
    public Pool {
      models = List.copyOf(models);
      aliases = Map.copyOf(aliases);
      servers = List.copyOf(servers);
    }
  }

  /**
   * A server of a pool.
   *
   * @param kind {@code null} to find out
   * @param capacity most generations at once; 0 for as many as come
   * @param caFile whose authorities are believed; {@code null} for the machine's
   * @param insecure whether anybody's certificate will do
   */
  public record PoolServer(
      String url,
      @Nullable ServerKind kind,
      double weight,
      int capacity,
      RemoteSettings.@Nullable Credential credential,
      @Nullable Path caFile,
      boolean insecure) {}

  /** The size of the embedded engine; 0 threads leave their number to the engine. */
  public record Engine(
      int contextTokens, int kvTokens, int sequences, int threads, Duration stepBudget, int queue) {
    public Engine {
      if (contextTokens > kvTokens) {
        throw new IllegalArgumentException(
            "engine.kv_tokens: %d (expected: at least engine.context_tokens, %d)"
                .formatted(kvTokens, contextTokens));
      }
    }
  }

  /**
   * What is kept of sessions for which the engine has no room.
   *
   * @param hotTtl of the policies with a TTL
   * @param coldTtl of the one with two
   * @param coldFolder {@code null} for one in the cache
   */
  public record Retention(
      String policy,
      Duration hotTtl,
      Duration coldTtl,
      long warmBytes,
      long coldBytes,
      @Nullable Path coldFolder,
      Destruction destruction) {
    public Retention {
      if (coldTtl.compareTo(hotTtl) < 0) {
        throw new IllegalArgumentException(
            "retention.cold_ttl: %ds (expected: at least retention.hot_ttl, %ds)"
                .formatted(coldTtl.toSeconds(), hotTtl.toSeconds()));
      }
      if (coldBytes > 0 && warmBytes == 0) {
        throw new IllegalArgumentException(
            "retention.cold: %dB (expected: 0B while retention.warm is 0B, since snapshots reach the disk through memory)"
                .formatted(coldBytes));
      }
    }
  }

  /** How sessions are destroyed, and what is tried again. */
  public record Destruction(
      int workers,
      int backlog,
      int tries,
      Duration firstPause,
      Duration longestPause,
      Duration stageDeadline,
      Duration hookDeadline,
      int receipts) {
    public Destruction {
      if (longestPause.compareTo(firstPause) < 0) {
        throw new IllegalArgumentException(
            "retention.destruction.longest_pause: %dms (expected: at least retention.destruction.first_pause, %dms)"
                .formatted(longestPause.toMillis(), firstPause.toMillis()));
      }
    }
  }

  /** How much the parts of a session's activity count, in proportion, and how many turns wait. */
  public record Activity(
      int density, int responsiveness, int topicContinuity, int queue, Topics topics, int cache) {
    public Activity {
      if (density + responsiveness + topicContinuity == 0) {
        throw new IllegalArgumentException(
            "activity.weights: all 0 (expected: at least one more than 0)");
      }
    }
  }

  /** What user turns are compared by. */
  public enum Topics {
    /** The words they have in common. */
    WORDS,
    /** What they mean, as a model embeds them. */
    EMBEDDINGS
  }

  /** What clients may have embedded. */
  public record Embeddings(int texts, int characters, int waiting) {}

  /** The durable store. */
  public record Store(Path folder, Synchronous synchronous, int receipts, Duration erasureDelay) {}

  /** What a committed turn survives. */
  public enum Synchronous {
    /** A killed process. */
    NORMAL,
    /** A power loss too. */
    FULL
  }

  /** The least severity that is written. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }
}
