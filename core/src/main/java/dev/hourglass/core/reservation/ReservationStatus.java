package dev.hourglass.core.reservation;

import java.util.Locale;

/**
 * Where a reservation is in its life: {@code HELD → CONFIRMED → ACTIVE → RELEASED}, or one of the
 * other ends.
 */
public enum ReservationStatus {
  /** Its capacity is kept for a moment, until it is confirmed. */
  HELD,
  /** Its capacity is sold; nobody has used it yet. */
  CONFIRMED,
  /** Its capacity is sold and was used. */
  ACTIVE,
  /** Its time is over, or its owner gave back what was left. */
  RELEASED,
  /** Its owner gave it back before its first use. */
  CANCELLED,
  /** Nobody confirmed it in time. */
  EXPIRED,
  /** Nobody used it in time. */
  NO_SHOW;

  /** Whether capacity is kept for it. */
  public boolean live() {
    return this == HELD || sold();
  }

  /** Whether capacity was promised to it for good. */
  public boolean sold() {
    return this == CONFIRMED || this == ACTIVE;
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
