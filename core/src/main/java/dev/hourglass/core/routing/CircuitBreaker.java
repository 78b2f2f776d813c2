package dev.hourglass.core.routing;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Keeps calls from an endpoint that fails: closed, open, half-open (Nygard, Release It!).
 *
 * <p>Closed, it counts calls of the last 30 seconds; once there are 20 of them, half failed, it
 * opens for 5 seconds. Then it lets 3 calls through: if all succeed it closes, if one fails it
 * opens for twice as long, up to a minute. Lengths vary by a tenth, so that gateways do not come
 * back in step.
 *
 * <p>Generations outlast these times, so each permit remembers the state that gave it: what began
 * before the last change says nothing about the endpoint now, and does not count. Time is a
 * ticker's nanoseconds. Not safe for use by several threads.
 */
final class CircuitBreaker {
  private static final int WINDOW_SECONDS = 30;
  private static final int LEAST_CALLS = 20;
  private static final double MOST_FAILED = 0.5;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final double JITTER = 0.1;
  private static final int PROBES = 3;
  private static final long NO_ERA = -1;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final RandomGenerator random;
  private final int[] calls = new int[WINDOW_SECONDS];
  private final int[] failures = new int[WINDOW_SECONDS];
  private long windowSecond = Long.MIN_VALUE;

  private State state = State.CLOSED;
  private long era;
  private Duration pause = FIRST_PAUSE;
  private long openUntilNanos;
  private int probesOut;
  private int probesProved;

  /** Whether calls pass. */
  enum State {
    /** All pass. */
    CLOSED,
    /** None passes until the pause is over. */
    OPEN,
    /** A few pass, and decide. */
    HALF_OPEN
  }

  /** How a call that was let through came out. */
  enum Outcome {
    SUCCESS,
    FAILURE,
    /** It says nothing about the endpoint: the client left, or too many asked at once. */
    DROPPED
  }

  CircuitBreaker(RandomGenerator random) {
    this.random = random;
  }

  /** Whether a call would pass at this moment. */
  boolean admits(long nowNanos) {
    return switch (state) {
      case CLOSED -> true;
      case OPEN -> nowNanos - openUntilNanos >= 0;
      case HALF_OPEN -> probesOut + probesProved < PROBES;
    };
  }

  /** Lets a call pass; whoever gets the permit ends it. Empty where none passes. */
  Optional<Permit> acquire(long nowNanos) {
    if (!admits(nowNanos)) {
      return Optional.empty();
    }
    if (state == State.OPEN) {
      moveTo(State.HALF_OPEN);
    }
    if (state == State.HALF_OPEN) {
      probesOut++;
    }
    return Optional.of(new Permit(era));
  }

  /** Lets a call pass whatever the state; how it comes out counts for nothing. */
  Permit bypass() {
    return new Permit(NO_ERA);
  }

  State state() {
    return state;
  }

  /** How long calls are kept away still; zero where some pass. */
  Duration openFor(long nowNanos) {
    return state == State.OPEN && nowNanos - openUntilNanos < 0
        ? Duration.ofNanos(openUntilNanos - nowNanos)
        : Duration.ZERO;
  }

  /** A call that passed. It ends once; what is said later has no effect. */
  final class Permit {
    private final long givenIn;
    private boolean over;

    private Permit(long givenIn) {
      this.givenIn = givenIn;
    }

    /**
     * The first token came. A probe has proved then what it was sent for: its answer may take
     * minutes, and nobody waits that long for a verdict.
     */
    void progressed() {
      if (!over && givenIn == era && state == State.HALF_OPEN) {
        over = true;
        proved();
      }
    }

    void end(Outcome outcome, long nowNanos) {
      if (over) {
        return;
      }
      over = true;
      if (givenIn != era) {
        return;
      }
      switch (state) {
        case CLOSED -> count(outcome, nowNanos);
        case HALF_OPEN -> {
          switch (outcome) {
            case SUCCESS -> proved();
            case FAILURE -> open(nowNanos);
            case DROPPED -> probesOut--;
          }
        }
        case OPEN -> throw new IllegalStateException("an open breaker gives no permits");
      }
    }
  }

  private void proved() {
    probesOut--;
    probesProved++;
    if (probesProved == PROBES) {
      pause = FIRST_PAUSE;
      moveTo(State.CLOSED);
    }
  }

  private void count(Outcome outcome, long nowNanos) {
    if (outcome == Outcome.DROPPED) {
      return;
    }
    slideTo(Math.floorDiv(nowNanos, NANOS_PER_SECOND));
    int slot = Math.floorMod(windowSecond, WINDOW_SECONDS);
    calls[slot]++;
    if (outcome == Outcome.FAILURE) {
      failures[slot]++;
    }
    int all = sum(calls);
    if (all >= LEAST_CALLS && sum(failures) >= MOST_FAILED * all) {
      open(nowNanos);
    }
  }

  private static int sum(int[] seconds) {
    int sum = 0;
    for (int second : seconds) {
      sum += second;
    }
    return sum;
  }

  /** Forgets what is older than the window; a second that jumps back counts as the latest one. */
  private void slideTo(long second) {
    if (windowSecond == Long.MIN_VALUE) {
      windowSecond = second;
    }
    long from = Math.max(windowSecond, second - WINDOW_SECONDS);
    for (long passed = from + 1; passed <= second; passed++) {
      calls[Math.floorMod(passed, WINDOW_SECONDS)] = 0;
      failures[Math.floorMod(passed, WINDOW_SECONDS)] = 0;
    }
    windowSecond = Math.max(windowSecond, second);
  }

  private void open(long nowNanos) {
    double spread = 1 + JITTER * (2 * random.nextDouble() - 1);
    openUntilNanos = nowNanos + (long) (pause.toNanos() * spread);
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    moveTo(State.OPEN);
  }

  private void moveTo(State next) {
    state = next;
    era++;
    probesOut = 0;
    probesProved = 0;
    Arrays.fill(calls, 0);
    Arrays.fill(failures, 0);
  }
}
