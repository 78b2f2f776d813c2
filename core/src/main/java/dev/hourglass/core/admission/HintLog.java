package dev.hourglass.core.admission;

import dev.hourglass.core.admission.Hint.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last 50 hints of a pool, found again by the place they were given for. Not thread-safe. */
final class HintLog {
  private static final int MOST = 50;

  private final Deque<Entry> newestFirst = new ArrayDeque<>(MOST);

  private static final class Entry {
    private final long place;
    private final Duration retryAfter;
    private final boolean placeKept;
    private final long givenNanos;
    private Outcome outcome = Outcome.PENDING;

    private Entry(long place, Duration retryAfter, boolean placeKept, long givenNanos) {
      this.place = place;
      this.retryAfter = retryAfter;
      this.placeKept = placeKept;
      this.givenNanos = givenNanos;
    }
  }

  /** Notes a hint. An earlier one of the same place, whose time had not come, went unused. */
  void given(long place, Duration retryAfter, boolean placeKept, long nowNanos) {
    became(place, Outcome.UNUSED);
    if (newestFirst.size() == MOST) {
      newestFirst.removeLast();
    }
    newestFirst.addFirst(new Entry(place, retryAfter, placeKept, nowNanos));
  }

  /** Notes what became of a place's latest hint; of one that has been forgotten nothing. */
  void became(long place, Outcome outcome) {
    for (Entry entry : newestFirst) {
      if (entry.place == place) {
        if (entry.outcome == Outcome.PENDING) {
          entry.outcome = outcome;
        }
        return;
      }
    }
  }

  /** The newest first. */
  List<Hint> latest(long nowNanos) {
    return newestFirst.stream()
        .map(entry ->
            new Hint(
                Duration.ofNanos(nowNanos - entry.givenNanos),
                entry.retryAfter,
                entry.placeKept,
                entry.outcome))
        .toList();
  }
}
