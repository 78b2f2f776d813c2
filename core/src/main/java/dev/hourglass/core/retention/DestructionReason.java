package dev.hourglass.core.retention;

import java.util.Locale;

/** Why a session was destroyed. */
public enum DestructionReason {
  /** Somebody who may do so asked for it. */
  CLOSED,
  /** Its {@code context_ttl} passed since its last use. */
  EXPIRED,
  /** It was the oldest idle implicit session when the bound was reached. */
  PRESSURE,
  /** It was found without an owner. */
  ORPHAN,
  /** The gateway stopped. */
  SHUTDOWN;

  /** The name on the wire: {@code closed}, {@code expired}, and so on. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
