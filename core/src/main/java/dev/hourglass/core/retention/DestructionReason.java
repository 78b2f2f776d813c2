package dev.hourglass.core.retention;

import java.util.Locale;

/** Why a session was destroyed, or its KV state released. */
public enum DestructionReason {
  /** Somebody who may do so asked for it. */
  CLOSED,
  /** Its {@code context_ttl} passed since its last use. */
  EXPIRED,
  /** Its KV state was worth less than its room. Releases only: the session lives on. */
  VALUE,
  /**
   * Room was short. Releases only, but for one case that an operator sets: beyond {@code
   * sessions.most_implicit} the implicit session that is idle for longest ends.
   */
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
