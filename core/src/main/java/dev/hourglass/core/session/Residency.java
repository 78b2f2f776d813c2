package dev.hourglass.core.session;

import java.util.Locale;

/** The fastest place that holds a session's state. */
public enum Residency {
  /** KV state in an engine. */
  HOT,
  /** A snapshot in host memory. */
  WARM,
  /** A snapshot on disk. */
  COLD,
  /** Only messages; the KV state would have to be computed again. */
  TRANSCRIPT;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
