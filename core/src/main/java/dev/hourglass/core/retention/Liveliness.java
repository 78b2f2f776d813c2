package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** How lively conversations are, from 0 to 1. */
public interface Liveliness {
  /** Knows nothing of anybody. */
  Liveliness UNKNOWN = _ -> Optional.empty();

  /**
   * Where to read it of a session, once that has been used. Asked when a turn ends, possibly under
   * the session's lock; what it answers is read on an engine's thread, answers from memory at once,
   * and takes no lock of the session.
   */
  Optional<DoubleSupplier> of(SessionId session);
}
