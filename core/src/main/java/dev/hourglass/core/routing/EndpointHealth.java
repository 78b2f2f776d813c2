package dev.hourglass.core.routing;

import java.time.Duration;

/**
 * Whether an endpoint is fit to be used, as probes, calls and comparisons with others say.
 *
 * <p>Three missed probes in a row isolate it, and so do three calls that it fails with none
 * answered in between; two good probes bring it back, with a share of the work that grows over 30
 * seconds. One that is far slower than the others is set aside for half a minute, each time in a
 * row for longer, up to five minutes. Whether it may be taken out at all is asked each time: a pool
 * keeps at least half of its endpoints, however they look. Time is a ticker's nanoseconds. Not safe
 * for use by several threads.
 */
final class EndpointHealth {
  private static final int MISSES_TO_ISOLATE = 3;
  private static final int GOOD_TO_RETURN = 2;
  private static final Duration RAMP = Duration.ofSeconds(30);

  /** Of its own weight, when it has just come back. */
  static final double LEAST_SHARE = 0.1;

  private static final Duration FIRST_SET_ASIDE = Duration.ofSeconds(30);
  private static final int MOST_SET_ASIDE_IN_ROW = 10;

  private State state = State.HEALTHY;
  private int missesInRow;
  private int goodInRow;
  private int setAsideInRow;
  private long sinceNanos;
  private long untilNanos;

  /** What is done with an endpoint. */
  enum State {
    /** It gets its full share. */
    HEALTHY,
    /** It came back and gets a growing share. */
    RAMPING,
    /** It cannot be reached and gets nothing. */
    ISOLATED,
    /** It is far slower than the others and gets nothing for a while. */
    SET_ASIDE
  }

  /** Whether one more endpoint of the pool may be taken out at this moment. */
  interface EjectionLimit {
    boolean mayEject();
  }

  /** A probe failed or took too long, or a call failed by its fault. */
  void missed(EjectionLimit limit) {
    goodInRow = 0;
    missesInRow = Math.min(missesInRow + 1, MISSES_TO_ISOLATE);
    if (missesInRow == MISSES_TO_ISOLATE
        && (state == State.SET_ASIDE || (serves() && limit.mayEject()))) {
      state = State.ISOLATED;
    }
  }

  /** A probe was answered well and in time. */
  void good(long nowNanos) {
    missesInRow = 0;
    goodInRow = Math.min(goodInRow + 1, GOOD_TO_RETURN);
    if (state == State.ISOLATED && goodInRow == GOOD_TO_RETURN) {
      ramp(nowNanos);
    }
  }

  /** A call was answered. It clears misses, but only probes bring an endpoint back. */
  void answered() {
    if (serves()) {
      missesInRow = 0;
    }
  }

  /** It was far slower than the others. */
  void outlying(long nowNanos, EjectionLimit limit) {
    if (serves() && limit.mayEject()) {
      state = State.SET_ASIDE;
      setAsideInRow = Math.min(setAsideInRow + 1, MOST_SET_ASIDE_IN_ROW);
      untilNanos = nowNanos + FIRST_SET_ASIDE.multipliedBy(setAsideInRow).toNanos();
    }
  }

  /** It kept pace with the others over a whole comparison. */
  void keptPace() {
    if (state == State.HEALTHY) {
      setAsideInRow = 0;
    }
  }

  /** Time passes. */
  void tick(long nowNanos) {
    if (state == State.SET_ASIDE && nowNanos - untilNanos >= 0) {
      ramp(nowNanos);
    } else if (state == State.RAMPING && nowNanos - sinceNanos >= RAMP.toNanos()) {
      state = State.HEALTHY;
    }
  }

  /** It comes back, whatever took it out. */
  void ramp(long nowNanos) {
    state = State.RAMPING;
    sinceNanos = nowNanos;
    missesInRow = 0;
  }

  /** Its share of its own weight: 1 where healthy, less while it ramps, 0 where it is out. */
  double share(long nowNanos) {
    return switch (state) {
      case HEALTHY -> 1;
      case RAMPING -> Math.clamp((double) (nowNanos - sinceNanos) / RAMP.toNanos(), LEAST_SHARE, 1);
      case ISOLATED, SET_ASIDE -> 0;
    };
  }

  /** Whether the latest probe was answered well, whatever calls and comparisons said. */
  boolean probedWell() {
    return goodInRow > 0;
  }

  /** Whether it gets anything. */
  boolean serves() {
    return state == State.HEALTHY || state == State.RAMPING;
  }

  State state() {
    return state;
  }
}
