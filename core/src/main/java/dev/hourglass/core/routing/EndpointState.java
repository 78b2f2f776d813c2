package dev.hourglass.core.routing;

import java.util.Locale;

/** What is done with an endpoint at the moment. */
public enum EndpointState {
  /** It gets its full share. */
  SERVING,
  /** It came back and gets a growing share. */
  RAMPING,
  /** It does not answer its probes. */
  ISOLATED,
  /** It is far slower than the others, and rests. */
  SET_ASIDE,
  /** An operator took it out. */
  EJECTED,
  /** It ends what runs and gets nothing new. */
  DRAINING;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
