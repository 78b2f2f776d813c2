package dev.hourglass.core.load.live;

import java.time.Duration;

/** What is measured of the load. */
public enum LoadSignal {
  IN_FLIGHT_REQUESTS(
      "in_flight_requests",
      "requests",
      Scatter.PRESENT,
      "Requests that the engine computes or keeps waiting."),
  IN_FLIGHT_TOKENS(
      "in_flight_tokens",
      "tokens",
      Scatter.NONE,
      "Context tokens of the requests that the engine has begun, with what it has answered so far."),
  QUEUE_LENGTH(
      "queue_length",
      "requests",
      Scatter.NONE,
      "Requests that the engine keeps waiting before it begins them."),
  KV_USED_TOKENS(
      "kv_used_tokens",
      "tokens",
      Scatter.NONE,
      "KV cells in use, for requests in flight and for sessions that may come back.",
      Freshness.OF_COUNTS),
  STEP_MILLIS(
      "step_millis",
      "ms",
      Scatter.NONE,
      "Moving average of the time of one engine step, which gives every running answer a token."),
  ARRIVALS(
      "arrivals_per_second",
      "requests/s",
      Scatter.EVENTS,
      "Requests that arrived, refused ones too, as a mean of the last five seconds."),
  UNCACHED_INPUT_TOKENS(
      "uncached_input_tokens_per_second",
      "tokens/s",
      Scatter.NONE,
      "Prompt tokens that the engine had to compute, as a mean of the last five seconds."),
  TTFT_MILLIS(
      "ttft_millis",
      "ms",
      Scatter.NONE,
      "Moving average of the time from handing a request to the engine to its first text.",
      Freshness.OF_EVENTS),
  TIME_PER_OUTPUT_TOKEN_MILLIS(
      "time_per_output_token_millis",
      "ms",
      Scatter.NONE,
      "Moving average of the time between two tokens of an answer.",
      Freshness.OF_EVENTS),
  COMPLETIONS(
      "completions_per_second",
      "answers/s",
      Scatter.EVENTS,
      "Answers that became whole, as a mean of the last five seconds."),
  LIVE_SESSIONS(
      "live_sessions",
      "sessions",
      Scatter.SESSIONS,
      "Sessions that live, with timers that tell when each would expire.",
      Freshness.OF_COUNTS),
  RESERVATIONS_DUE(
      "reservations_due",
      "sessions",
      Scatter.NONE,
      "Sessions that reservations may call for within two minutes, beyond those that use them now."),
  HOST_CPU(
      "host_cpu",
      "share",
      Scatter.NONE,
      "Share of the machine's processor time that is used, whoever uses it."),
  HOST_MEMORY(
      "host_memory",
      "share",
      Scatter.NONE,
      "Share of the machine's memory that is not available any more, whoever has it."),
  HOST_NETWORK(
      "host_network_bytes_per_second",
      "bytes/s",
      Scatter.NONE,
      "Bytes that the machine's network interfaces sent and received, loopback left out.");

  /** How a signal scatters by chance, which bounds how well anybody can foresee it. */
  enum Scatter {
    /** A count of things that arrive and stay a while. */
    PRESENT,
    /** A rate of things that happen. */
    EVENTS,
    /** A count of sessions whose timers are known. */
    SESSIONS,
    /** No count; nothing is known of the floor. */
    NONE
  }

  /** How long a reading says something. */
  private static final class Freshness {
    /** Three readings a second apart. */
    static final Duration OF_READINGS = Duration.ofSeconds(3);

    /** An average of events stands a while after the last of them. */
    static final Duration OF_EVENTS = Duration.ofSeconds(60);

    /**
     * Sessions are counted every five seconds, since there may be a million; cells between two
     * steps of an engine, which may take seconds.
     */
    static final Duration OF_COUNTS = Duration.ofSeconds(12);
  }

  private final String wireName;
  private final String unit;
  private final Scatter scatter;
  private final String meaning;
  private final Duration shelfLife;

  LoadSignal(String wireName, String unit, Scatter scatter, String meaning) {
    this(wireName, unit, scatter, meaning, Freshness.OF_READINGS);
  }

  LoadSignal(String wireName, String unit, Scatter scatter, String meaning, Duration shelfLife) {
    this.wireName = wireName;
    this.unit = unit;
    this.scatter = scatter;
    this.meaning = meaning;
    this.shelfLife = shelfLife;
  }

  /** The name in the API and among the metrics. */
  public String wireName() {
    return wireName;
  }

  public String unit() {
    return unit;
  }

  /** One sentence for people. */
  public String meaning() {
    return meaning;
  }

  /** An older reading says nothing of now. */
  public Duration shelfLife() {
    return shelfLife;
  }

  Scatter scatter() {
    return scatter;
  }
}
