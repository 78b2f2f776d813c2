package dev.hourglass.core.retention.policy;

import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.value.ReturnClass;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** What retention knows of one session. Guarded by its {@link LiveRetention}. */
final class Life {
  final SessionId session;
  final double bornSeconds;
  ReturnClass of = ReturnClass.of(1, 0, 0);
  int turns;

  /** Between its last two turns; 0 before there were two. */
  double gapSeconds;

  long contextTokens;
  boolean inUse;
  @Nullable DoubleSupplier liveliness;
  double usedSeconds;

  /** Whether it is counted among those who wait. */
  boolean waits;

  Residency tier = Residency.TRANSCRIPT;
  int heldTokens;

  /** Its place in the list of the tier; -1 for none. */
  int place = -1;

  @Nullable Departure departure;
  Residency departedFrom = Residency.TRANSCRIPT;

  Life(SessionId session, double bornSeconds) {
    this.session = session;
    this.bornSeconds = bornSeconds;
    this.usedSeconds = bornSeconds;
  }

  double idleSeconds(double nowSeconds) {
    return Math.max(0, nowSeconds - usedSeconds);
  }
}
