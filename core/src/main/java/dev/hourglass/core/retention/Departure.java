package dev.hourglass.core.retention;

import java.util.Locale;

/** Why a session's state left a tier although the session lives on. */
public enum Departure {
  /** Others needed the room, and it was worth least of those nobody used. */
  ROOM,
  /** It was worth less than the tier's price, with the tier foreseen to be full. */
  PRICE,
  /** It had been idle for as long as its policy allows. */
  TTL,
  /** It is so short that computing it again is no slower than putting it back. */
  SHORT,
  /** It could not be put back: damaged, or of another model or tenant. */
  REFUSED;

  /** The name on the wire and among the metrics: {@code room}, {@code price}, and so on. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
