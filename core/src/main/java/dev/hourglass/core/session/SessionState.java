package dev.hourglass.core.session;

import java.util.Locale;

/** Where a session stands in its life. */
public enum SessionState {
  /** Being born; not yet usable. */
  INITIALIZING,
  /** At least one lease is held. */
  ACTIVE,
  /** No lease is held. */
  IDLE,
  /** Its destruction has begun; nothing is accepted any more. */
  TERMINATING,
  /** Gone, for ever. */
  TERMINATED;

  /** Whether the life of a session may lead from this state straight to {@code next}. */
  public boolean leadsTo(SessionState next) {
    return switch (this) {
      case INITIALIZING -> next == IDLE || next == ACTIVE || next == TERMINATING;
      case ACTIVE -> next == IDLE || next == TERMINATING;
      case IDLE -> next == ACTIVE || next == TERMINATING;
      case TERMINATING -> next == TERMINATED;
      case TERMINATED -> false;
    };
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
