package dev.hourglass.core.session;

import java.util.Locale;

/** How a session came to be. */
public enum SessionKind {
  /** A client created it and holds its token; its transcript is durable. */
  EXPLICIT,
  /** The gateway recognised it from resent history; only hashes are kept. */
  IMPLICIT;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  public String wireName() {
    return wireName;
  }
}
