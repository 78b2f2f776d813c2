package dev.hourglass.app.config;

import dev.hourglass.app.config.HourglassConfig.LogLevel;
import dev.hourglass.app.config.HourglassConfig.Synchronous;
import dev.hourglass.app.config.HourglassConfig.Topics;
import dev.hourglass.app.config.ValueForm.ApiKeys;
import dev.hourglass.app.config.ValueForm.ByteSize;
import dev.hourglass.app.config.ValueForm.Choice;
import dev.hourglass.app.config.ValueForm.Folder;
import dev.hourglass.app.config.ValueForm.OneOf;
import dev.hourglass.app.config.ValueForm.PemFile;
import dev.hourglass.app.config.ValueForm.Pools;
import dev.hourglass.app.config.ValueForm.Span;
import dev.hourglass.app.config.ValueForm.Text;
import dev.hourglass.app.config.ValueForm.Toggle;
import dev.hourglass.app.config.ValueForm.WholeNumber;
import dev.hourglass.app.config.ValueForm.Words;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The table of every configuration key. docs/configuration.md shows the same table. */
final class ConfigKeys {
  private static final Duration DAY = Duration.ofDays(1);

  static final ConfigKey<String> SERVER_HOST =
      key(
          "server.host",
          new Text("an address or host name"),
          "127.0.0.1",
          "Address to listen on; any but loopback needs keys or `server.insecure`.");
  static final ConfigKey<Integer> SERVER_PORT =
      key("server.port", new WholeNumber(0, 65_535), "8080", "TCP port; 0 takes a free one.");
  static final ConfigKey<Boolean> SERVER_INSECURE =
      key(
          "server.insecure",
          new Toggle(),
          "false",
          "Serves an address that others can reach although no keys are configured.");
  static final ConfigKey<Duration> SERVER_HEADER_TIMEOUT =
      key(
          "server.header_timeout",
          span(Duration.ofMillis(100), Duration.ofMinutes(5)),
          "10s",
          "Longest time that a client may take for the head of a request.");
  static final ConfigKey<Duration> SERVER_IDLE_TIMEOUT =
      key(
          "server.idle_timeout",
          span(Duration.ofSeconds(1), DAY),
          "75s",
          "A connection without a request in progress is closed after this time.");
  static final ConfigKey<Integer> SERVER_CONNECTIONS =
      key(
          "server.connections",
          new WholeNumber(1, 1_000_000),
          "10000",
          "Most connections open at once.");

  static final ConfigKey<Duration> SERVER_BODY_TIMEOUT =
      key(
          "server.body_timeout",
          span(Duration.ofMillis(100), Duration.ofHours(1)),
          "30s",
          "Longest time that a client may take for the body of a request.");

  static final ConfigKey<Duration> SERVER_SLOW_CLIENT_TIMEOUT =
      key(
          "server.slow_client_timeout",
          span(Duration.ofMillis(100), Duration.ofHours(1)),
          "30s",
          "A client that leaves its answer unread for this time is cut.");
  static final ConfigKey<Duration> SERVER_DRAIN_DEADLINE =
      key(
          "server.drain_deadline",
          span(Duration.ZERO, Duration.ofHours(1)),
          "20s",
          "Time that running turns have to finish after a signal to stop; then they are cut.");

  static final ConfigKey<Optional<Path>> SERVER_TLS_CERTIFICATE =
      key(
          "server.tls_certificate",
          new PemFile(),
          "none",
          "Certificate with its chain; then the server speaks TLS.");
  static final ConfigKey<Optional<Path>> SERVER_TLS_KEY =
      key("server.tls_key", new PemFile(), "none", "Private key of the certificate.");
  static final ConfigKey<Boolean> SERVER_HTTP2 =
      key(
          "server.http2",
          new Toggle(),
          "true",
          "Offers HTTP/2 beside HTTP/1.1 to clients that come over TLS.");

  static final ConfigKey<Long> LIMITS_BODY =
      key("limits.body", new ByteSize(1 << 10, 1 << 30), "8MiB", "Largest request body.");
  static final ConfigKey<Long> LIMITS_HEADERS =
      key(
          "limits.headers",
          new ByteSize(1 << 10, 1 << 20),
          "16KiB",
          "All headers of one request together.");
  static final ConfigKey<Long> LIMITS_UNREAD =
      key(
          "limits.unread",
          new ByteSize(1 << 16, 1 << 30),
          "8MiB",
          "Most of a stream that may wait for a client to read; then the client is cut.");
  static final ConfigKey<Integer> LIMITS_MESSAGES_PER_REQUEST =
      key(
          "limits.messages_per_request",
          new WholeNumber(1, 1_000_000),
          "10000",
          "Most messages in one request.");
  static final ConfigKey<Integer> LIMITS_TURNS_IN_FLIGHT =
      key(
          "limits.turns_in_flight",
          new WholeNumber(1, 1_000_000),
          "256",
          "Most turns that run or wait in the whole gateway.");
  static final ConfigKey<Integer> LIMITS_QUEUE_PER_SESSION =
      key(
          "limits.queue_per_session",
          new WholeNumber(0, 10_000),
          "8",
          "Most turns of one session that wait while another of its turns runs.");

  static final ConfigKey<Integer> ADMISSION_SLOTS =
      key(
          "admission.slots",
          new WholeNumber(0, 1_000_000),
          "0",
          "Turns of a model that run at once; 0 leaves it to what is measured of its engine.");
  static final ConfigKey<Duration> ADMISSION_LONGEST_WAIT =
      key(
          "admission.longest_wait",
          span(Duration.ZERO, Duration.ofMinutes(1)),
          "2s",
          "Longest time that a turn waits for a slot before it is told when to come back.");
  static final ConfigKey<Duration> ADMISSION_HORIZON =
      key(
          "admission.horizon",
          span(Duration.ofSeconds(1), Duration.ofMinutes(10)),
          "15s",
          "Longest time ahead for which a place in line is kept.");
  static final ConfigKey<Duration> ADMISSION_TICKET_GRACE =
      key(
          "admission.ticket_grace",
          span(Duration.ZERO, Duration.ofMinutes(10)),
          "5s",
          "Time after its hour in which a ticket still keeps its place.");
  static final ConfigKey<Integer> ADMISSION_WAITING =
      key(
          "admission.waiting",
          new WholeNumber(0, 1_000_000),
          "1000",
          "Most turns of a model that wait for a slot at once.");
  static final ConfigKey<Integer> ADMISSION_TICKETS =
      key(
          "admission.tickets",
          new WholeNumber(0, 1_000_000),
          "10000",
          "Most places of a model that are kept at once.");

  static final ConfigKey<Integer> SESSIONS_MOST =
      key(
          "sessions.most",
          new WholeNumber(1, 10_000_000),
          "100000",
          "Most explicit sessions at once.");
  static final ConfigKey<Integer> SESSIONS_MOST_IMPLICIT =
      key(
          "sessions.most_implicit",
          new WholeNumber(1, 10_000_000),
          "100000",
          "Most implicit sessions at once; beyond it the one idle for longest goes; more than `limits.turns_in_flight`.");
  static final ConfigKey<Duration> SESSIONS_CONTEXT_TTL =
      key(
          "sessions.context_ttl",
          span(Duration.ofSeconds(1), Duration.ofDays(3650)),
          "30m",
          "Life of a session since its last use, where its creator names none.");
  static final ConfigKey<Duration> SESSIONS_CONTEXT_TTL_MOST =
      key(
          "sessions.context_ttl_most",
          span(Duration.ofSeconds(1), Duration.ofDays(3650)),
          "30d",
          "Longest life that a client may ask for.");
  static final ConfigKey<Duration> SESSIONS_SWEEP_INTERVAL =
      key(
          "sessions.sweep_interval",
          span(Duration.ofMillis(100), Duration.ofHours(1)),
          "30s",
          "Pause between two sweeps for expired sessions and orphaned state.");

  static final ConfigKey<Integer> RESERVATIONS_SESSIONS =
      key(
          "reservations.sessions",
          new WholeNumber(0, 1_000_000),
          "0",
          "Sessions at once that can be reserved of a model; 0 takes the sessions whose KV state its engine can hold.");
  static final ConfigKey<Duration> RESERVATIONS_HOLD_TTL =
      key(
          "reservations.hold_ttl",
          span(Duration.ofSeconds(1), Duration.ofHours(1)),
          "1m",
          "Time that a held reservation waits to be confirmed.");
  static final ConfigKey<Duration> RESERVATIONS_NO_SHOW_GRACE =
      key(
          "reservations.no_show_grace",
          span(Duration.ofSeconds(1), Duration.ofDays(1)),
          "5m",
          "Time after its start that a reservation waits for its first use; then what is left is free again.");
  static final ConfigKey<Duration> RESERVATIONS_LONGEST =
      key(
          "reservations.longest",
          span(Duration.ofSeconds(10), Duration.ofDays(366)),
          "1d",
          "Longest window of a reservation.");
  static final ConfigKey<Duration> RESERVATIONS_HORIZON =
      key(
          "reservations.horizon",
          span(Duration.ofMinutes(1), Duration.ofDays(3650)),
          "30d",
          "How far ahead a reservation may begin.");
  static final ConfigKey<Integer> RESERVATIONS_MOST =
      key(
          "reservations.most",
          new WholeNumber(1, 1_000_000),
          "10000",
          "Most reservations of a model that are held or confirmed at once.");
  static final ConfigKey<Integer> RESERVATIONS_MOST_PER_TENANT =
      key(
          "reservations.most_per_tenant",
          new WholeNumber(1, 1_000_000),
          "100",
          "Most reservations of a model that one tenant has held or confirmed at once.");
  static final ConfigKey<Integer> RESERVATIONS_ENDED =
      key(
          "reservations.ended",
          new WholeNumber(0, 1_000_000),
          "1000",
          "Reservations of a model that are remembered after their end; beyond it the oldest go.");
  static final ConfigKey<Integer> RESERVATIONS_OVERBOOKING =
      key(
          "reservations.overbooking_percent",
          new WholeNumber(0, 1_000),
          "0",
          "How much more is reserved than there is, for those who never come; 0 for nothing.");

  static final ConfigKey<String> MODEL_REF =
      key(
          "model.ref",
          new Text("default, a file, https:… or hf:org/repo/file.gguf"),
          "default",
          "Language model to serve.");
  static final ConfigKey<List<String>> MODEL_ALIASES =
      key(
          "model.aliases",
          new Words(Pattern.compile("[^\\s,]{1,128}"), "names without blanks and commas"),
          "",
          "Further names that clients may use for the model; its own comes from its file.");

  static final ConfigKey<List<String>> UPSTREAM_URLS =
      key(
          "upstream.urls",
          new Words(
              Pattern.compile("https?://[^\\s,]{1,2000}"),
              "addresses such as http://127.0.0.1:8000/v1"),
          "",
          "Servers of the OpenAI API to stand in front of; then no local model is loaded.");
  static final ConfigKey<String> UPSTREAM_CREDENTIAL =
      key(
          "upstream.credential",
          new Text("visible characters, or none"),
          "none",
          "Sent to the servers as a bearer token; best set as `HOURGLASS_UPSTREAM_CREDENTIAL`.");
  static final ConfigKey<Duration> UPSTREAM_CONNECT_TIMEOUT =
      key(
          "upstream.connect_timeout",
          span(Duration.ofMillis(10), Duration.ofMinutes(1)),
          "2s",
          "A server that does not accept a connection for this time is unreachable.");
  static final ConfigKey<Duration> UPSTREAM_STALL_TIMEOUT =
      key(
          "upstream.stall_timeout",
          span(Duration.ofMillis(100), Duration.ofHours(1)),
          "1m",
          "Longest silence of a server while its answer is awaited or on its way.");
  static final ConfigKey<Duration> UPSTREAM_DEADLINE =
      key(
          "upstream.deadline",
          span(Duration.ofSeconds(1), DAY),
          "10m",
          "Longest time that one answer of a server may take.");
  static final ConfigKey<String> UPSTREAM_ROUTING =
      key(
          "upstream.routing",
          new Text("round-robin, least-in-flight, latency, session or prefix"),
          "session",
          "How one of several servers of a model is chosen.");
  static final ConfigKey<Integer> UPSTREAM_CONNECTIONS =
      key(
          "upstream.connections",
          new WholeNumber(1, 65_536),
          "512",
          "Most connections to one server from one event loop.");

  static final ConfigKey<PoolSource> POOLS =
      key(
          "pools",
          new Pools(),
          "",
          "Servers to stand in front of, in pools, re-read while running; instead of `upstream.urls`.");

  static final ConfigKey<Integer> ENGINE_CONTEXT_TOKENS =
      key(
          "engine.context_tokens",
          new WholeNumber(64, 1 << 20),
          "4096",
          "Most tokens of one session in context, prompt and answer together; what the model was trained for bounds it further.");
  static final ConfigKey<Integer> ENGINE_KV_TOKENS =
      key(
          "engine.kv_tokens",
          new WholeNumber(64, 1 << 24),
          "16384",
          "KV cache in tokens, shared by all sessions; at least `engine.context_tokens`.");
  static final ConfigKey<Integer> ENGINE_SEQUENCES =
      key(
          "engine.sequences",
          new WholeNumber(1, 64),
          "16",
          "Most sessions whose KV state is resident at once.");
  static final ConfigKey<Integer> ENGINE_THREADS =
      key(
          "engine.threads",
          new WholeNumber(0, 512),
          "0",
          "Threads that compute; 0 takes one for each processor, and half of them for a single token.");
  static final ConfigKey<Duration> ENGINE_STEP_BUDGET =
      key(
          "engine.step_budget",
          span(Duration.ofMillis(1), Duration.ofSeconds(10)),
          "50ms",
          "Time that one step of the engine should stay under; it sizes the chunks of prompts.");
  static final ConfigKey<Integer> ENGINE_QUEUE =
      key(
          "engine.queue",
          new WholeNumber(1, 1_000_000),
          "256",
          "Most generations that wait for the engine.");

  static final ConfigKey<String> RETENTION_POLICY =
      key(
          "retention.policy",
          new OneOf(RetentionPolicy.NAMES),
          "value",
          "Whose KV state goes first: after an idle time, the one used longest ago, the least active, or the one worth least.");
  static final ConfigKey<Duration> RETENTION_HOT_TTL =
      key(
          "retention.hot_ttl",
          span(Duration.ofSeconds(1), DAY),
          "5m",
          "Idle time after which `fixed-ttl` and `tiered-ttl` release KV state from the engine.");
  static final ConfigKey<Duration> RETENTION_COLD_TTL =
      key(
          "retention.cold_ttl",
          span(Duration.ofSeconds(1), DAY),
          "30m",
          "Idle time after which `tiered-ttl` drops snapshots; at least `retention.hot_ttl`.");
  static final ConfigKey<Long> RETENTION_WARM =
      key(
          "retention.warm",
          new ByteSize(0, 1L << 40),
          "256MiB",
          "Host memory for snapshots of sessions whose KV state had to go; 0B for none.");
  static final ConfigKey<Long> RETENTION_COLD =
      key(
          "retention.cold",
          new ByteSize(0, 1L << 40),
          "0B",
          "Disk for encrypted snapshots that memory has no room for, for this run only; 0B for none.");
  static final ConfigKey<Path> RETENTION_COLD_FOLDER =
      key(
          "retention.cold_folder",
          new Folder(),
          "",
          "Folder of those snapshots; left out, `$XDG_CACHE_HOME/hourglass/cold` or `~/.cache/hourglass/cold`.");
  static final ConfigKey<Integer> DESTRUCTION_WORKERS =
      key(
          "retention.destruction.workers",
          new WholeNumber(1, 1_024),
          "16",
          "Sessions that are destroyed at the same time; more wait in line.");
  static final ConfigKey<Integer> DESTRUCTION_BACKLOG =
      key(
          "retention.destruction.backlog",
          new WholeNumber(1, 10_000_000),
          "100000",
          "Destructions under way beyond which expired sessions wait for the next sweep.");
  static final ConfigKey<Integer> DESTRUCTION_TRIES =
      key(
          "retention.destruction.tries",
          new WholeNumber(1, 100),
          "5",
          "How often a stage of destruction is tried before its receipt says that it failed.");
  static final ConfigKey<Duration> DESTRUCTION_FIRST_PAUSE =
      key(
          "retention.destruction.first_pause",
          span(Duration.ofMillis(1), Duration.ofMinutes(1)),
          "100ms",
          "Pause before the second try; each later one is twice as long.");
  static final ConfigKey<Duration> DESTRUCTION_LONGEST_PAUSE =
      key(
          "retention.destruction.longest_pause",
          span(Duration.ofMillis(1), Duration.ofHours(1)),
          "5s",
          "Longest pause between two tries.");
  static final ConfigKey<Duration> DESTRUCTION_STAGE_DEADLINE =
      key(
          "retention.destruction.stage_deadline",
          span(Duration.ofMillis(100), Duration.ofMinutes(10)),
          "10s",
          "Longest time that a running turn, or an engine, may hold up one try of a stage.");
  static final ConfigKey<Duration> DESTRUCTION_HOOK_DEADLINE =
      key(
          "retention.destruction.hook_deadline",
          span(Duration.ofMillis(100), Duration.ofMinutes(10)),
          "5s",
          "Longest time that one release hook may take; then it is interrupted.");
  static final ConfigKey<Integer> DESTRUCTION_RECEIPTS =
      key(
          "retention.destruction.receipts",
          new WholeNumber(1, 10_000_000),
          "50000",
          "Receipts of implicit sessions kept in memory; those of explicit ones are `store.receipts`.");

  static final ConfigKey<Integer> ACTIVITY_WEIGHTS_DENSITY =
      key(
          "activity.weights.density",
          new WholeNumber(0, 1_000),
          "40",
          "Weight of how many messages a session had of late; only the proportions of the three weights matter.");
  static final ConfigKey<Integer> ACTIVITY_WEIGHTS_RESPONSIVENESS =
      key(
          "activity.weights.responsiveness",
          new WholeNumber(0, 1_000),
          "30",
          "Weight of how a session's silence compares with its own gaps, and of how fast it is answered.");
  static final ConfigKey<Integer> ACTIVITY_WEIGHTS_TOPIC_CONTINUITY =
      key(
          "activity.weights.topic_continuity",
          new WholeNumber(0, 1_000),
          "30",
          "Weight of how alike consecutive user turns are.");
  static final ConfigKey<Integer> ACTIVITY_QUEUE =
      key(
          "activity.queue",
          new WholeNumber(1, 1_000_000),
          "1024",
          "Most turns that wait until somebody looks at their topic, each second; beyond it they are skipped and counted.");

  static final ConfigKey<Topics> ACTIVITY_TOPICS =
      key(
          "activity.topics",
          new Choice<>(Topics.class),
          "words",
          "What user turns are compared by: their `words`, or `embeddings`, which know meanings and take milliseconds of a processor for each turn, off the data path.");
  static final ConfigKey<Integer> ACTIVITY_CACHE =
      key(
          "activity.cache",
          new WholeNumber(1, 1_000_000),
          "1000",
          "Most texts whose embedding is remembered, one KiB each, so that a turn said again is not embedded again.");

  static final ConfigKey<Integer> EMBEDDINGS_TEXTS =
      key(
          "embeddings.texts",
          new WholeNumber(1, 100_000),
          "256",
          "Most texts of one request for embeddings.");
  static final ConfigKey<Integer> EMBEDDINGS_CHARACTERS =
      key(
          "embeddings.characters",
          new WholeNumber(1, 100_000_000),
          "262144",
          "Most characters of all texts of one request for embeddings.");
  static final ConfigKey<Integer> EMBEDDINGS_WAITING =
      key(
          "embeddings.waiting",
          new WholeNumber(1, 100_000),
          "16",
          "Most requests for embeddings that wait or run; one runs at a time.");

  static final ConfigKey<Path> STORE_FOLDER =
      key(
          "store.folder",
          new Folder(),
          "",
          "Folder of the durable data; left out, `$XDG_DATA_HOME/hourglass` or `~/.local/share/hourglass`.");
  static final ConfigKey<Synchronous> STORE_SYNCHRONOUS =
      key(
          "store.synchronous",
          new Choice<>(Synchronous.class),
          "normal",
          "What a committed turn survives: `normal` a killed process, `full` a power loss too.");
  static final ConfigKey<Integer> STORE_RECEIPTS =
      key(
          "store.receipts",
          new WholeNumber(1, 10_000_000),
          "100000",
          "Destruction receipts kept; beyond it the oldest go.");
  static final ConfigKey<Duration> STORE_ERASURE_DELAY =
      key(
          "store.erasure_delay",
          span(Duration.ZERO, Duration.ofMinutes(1)),
          "100ms",
          "How long erased text may stay in the database's log until that is emptied, once for all that was erased meanwhile; 0 empties it within each erasure.");

  static final ConfigKey<List<ApiKeySource>> KEYS =
      key(
          "keys",
          new ApiKeys(),
          "",
          "API keys; each stands for its tenant. `./hourglass key` draws one.");

  static final ConfigKey<LogLevel> LOG_LEVEL =
      key(
          "log.level",
          new Choice<>(LogLevel.class),
          "warn",
          "What is written to the terminal; prompts and answers never are.");

  private static final List<ConfigKey<?>> ALL =
      List.of(
          SERVER_HOST,
          SERVER_PORT,
          SERVER_INSECURE,
          SERVER_HEADER_TIMEOUT,
          SERVER_IDLE_TIMEOUT,
          SERVER_CONNECTIONS,
          SERVER_BODY_TIMEOUT,
          SERVER_SLOW_CLIENT_TIMEOUT,
          SERVER_DRAIN_DEADLINE,
          SERVER_TLS_CERTIFICATE,
          SERVER_TLS_KEY,
          SERVER_HTTP2,
          LIMITS_BODY,
          LIMITS_HEADERS,
          LIMITS_UNREAD,
          LIMITS_MESSAGES_PER_REQUEST,
          LIMITS_TURNS_IN_FLIGHT,
          LIMITS_QUEUE_PER_SESSION,
          ADMISSION_SLOTS,
          ADMISSION_LONGEST_WAIT,
          ADMISSION_HORIZON,
          ADMISSION_TICKET_GRACE,
          ADMISSION_WAITING,
          ADMISSION_TICKETS,
          SESSIONS_MOST,
          SESSIONS_MOST_IMPLICIT,
          SESSIONS_CONTEXT_TTL,
          SESSIONS_CONTEXT_TTL_MOST,
          SESSIONS_SWEEP_INTERVAL,
          RESERVATIONS_SESSIONS,
          RESERVATIONS_HOLD_TTL,
          RESERVATIONS_NO_SHOW_GRACE,
          RESERVATIONS_LONGEST,
          RESERVATIONS_HORIZON,
          RESERVATIONS_MOST,
          RESERVATIONS_MOST_PER_TENANT,
          RESERVATIONS_ENDED,
          RESERVATIONS_OVERBOOKING,
          MODEL_REF,
          MODEL_ALIASES,
          UPSTREAM_URLS,
          UPSTREAM_CREDENTIAL,
          UPSTREAM_CONNECT_TIMEOUT,
          UPSTREAM_STALL_TIMEOUT,
          UPSTREAM_DEADLINE,
          UPSTREAM_ROUTING,
          UPSTREAM_CONNECTIONS,
          POOLS,
          ENGINE_CONTEXT_TOKENS,
          ENGINE_KV_TOKENS,
          ENGINE_SEQUENCES,
          ENGINE_THREADS,
          ENGINE_STEP_BUDGET,
          ENGINE_QUEUE,
          RETENTION_POLICY,
          RETENTION_HOT_TTL,
          RETENTION_COLD_TTL,
          RETENTION_WARM,
          RETENTION_COLD,
          RETENTION_COLD_FOLDER,
          DESTRUCTION_WORKERS,
          DESTRUCTION_BACKLOG,
          DESTRUCTION_TRIES,
          DESTRUCTION_FIRST_PAUSE,
          DESTRUCTION_LONGEST_PAUSE,
          DESTRUCTION_STAGE_DEADLINE,
          DESTRUCTION_HOOK_DEADLINE,
          DESTRUCTION_RECEIPTS,
          ACTIVITY_WEIGHTS_DENSITY,
          ACTIVITY_WEIGHTS_RESPONSIVENESS,
          ACTIVITY_WEIGHTS_TOPIC_CONTINUITY,
          ACTIVITY_QUEUE,
          ACTIVITY_TOPICS,
          ACTIVITY_CACHE,
          EMBEDDINGS_TEXTS,
          EMBEDDINGS_CHARACTERS,
          EMBEDDINGS_WAITING,
          STORE_FOLDER,
          STORE_SYNCHRONOUS,
          STORE_RECEIPTS,
          STORE_ERASURE_DELAY,
          KEYS,
          LOG_LEVEL);

  private ConfigKeys() {}

  static List<ConfigKey<?>> all() {
    return ALL;
  }

  private static <T> ConfigKey<T> key(
      String name, ValueForm<T> form, String fallback, String meaning) {
    return new ConfigKey<>(name, form, fallback, meaning);
  }

  private static Span span(Duration least, Duration most) {
    return new Span(least, most);
  }
}
