package dev.hourglass.app.bench.proxy;

import java.util.Locale;

/** A kind of request that is measured. */
enum ProxyCase {
  /** A conversation of about 1 KB, answered as a whole. */
  SMALL("1 KB chat", 700, false, 32),
  /** The same, answered as a stream of tokens that come one by one. */
  STREAM("stream of 200 tokens", 700, true, 64),
  /** A history of about 200 KB, answered as a whole. */
  LONG("200 KB history", 200_000, false, 16);

  private final String title;
  private final int historyBytes;
  private final boolean streamed;
  private final int connections;

  ProxyCase(String title, int historyBytes, boolean streamed, int connections) {
    this.title = title;
    this.historyBytes = historyBytes;
    this.streamed = streamed;
    this.connections = connections;
  }

  String title() {
    return title;
  }

  /** The name in JSON. */
  String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Bytes of the system message that every conversation begins with. */
  int historyBytes() {
    return historyBytes;
  }

  boolean streamed() {
    return streamed;
  }

  /** Connections that carry the load at saturation. */
  int connections() {
    return connections;
  }
}
