package dev.hourglass.core.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.reservation.Occupancy.Run;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The tree tells the same as an array of buckets. */
class OccupancyTest {
  private static final int BUCKETS = 40;

  /** An ordinary day of an ordinary year, so that windows cross the tree's borders. */
  private static final long BASE = 178_000_000;

  record Booking(int first, int afterLast, int sessions) {
    BucketSpan window() {
      return span(first, afterLast);
    }
  }

  private static BucketSpan span(int first, int afterLast) {
    return new BucketSpan(BASE + first, BASE + afterLast);
  }

  @Property
  void tellsPeaksFitsAndRunsAsAnArrayDoes(
      @ForAll @Size(max = 12) List<@From("bookings") Booking> bookings,
      @ForAll("bookings") Booking asked,
      @ForAll @IntRange(max = 12) int most) {
    Occupancy occupancy = Occupancy.EMPTY;
    int[] array = new int[2 * BUCKETS];
    for (Booking booking : bookings) {
      occupancy = occupancy.plus(booking.window(), booking.sessions);
      add(array, booking, booking.sessions);
    }

    assertThat(occupancy.peak(asked.window())).isEqualTo(peak(array, asked.first, asked.afterLast));
    assertThat(occupancy.peak()).isEqualTo(peak(array, 0, array.length));
    int length = asked.afterLast - asked.first;
    assertThat(occupancy.earliestFit(BASE + asked.first, length, most, BASE + BUCKETS - 1))
        .isEqualTo(earliest(array, asked.first, length, most));
    assertThat(loads(occupancy.above(span(0, BUCKETS), most), most))
        .isEqualTo(Arrays.stream(array, 0, BUCKETS).map(load -> load > most ? load : 0).toArray());
  }

  @Property
  void whatIsTakenBackLeavesNothingBehind(
      @ForAll @Size(max = 12) List<@From("bookings") Booking> bookings,
      @ForAll("bookings") Booking kept) {
    Occupancy occupancy = Occupancy.EMPTY.plus(kept.window(), kept.sessions);
    for (Booking booking : bookings) {
      occupancy = occupancy.plus(booking.window(), booking.sessions);
    }
    for (Booking booking : bookings) {
      for (int bucket = booking.first; bucket < booking.afterLast; bucket++) {
        occupancy = occupancy.plus(span(bucket, bucket + 1), -booking.sessions);
      }
    }

    assertThat(occupancy).isEqualTo(Occupancy.EMPTY.plus(kept.window(), kept.sessions));
    assertThat(occupancy.plus(kept.window(), -kept.sessions)).isEqualTo(Occupancy.EMPTY);
  }

  @Test
  void aWindowOfADayCostsNoMoreThanItsBorders() {
    long day = Duration.ofDays(1).dividedBy(BucketSpan.BUCKET);
    Occupancy occupancy = Occupancy.EMPTY;
    for (int index = 0; index < 10_000; index++) {
      occupancy = occupancy.plus(new BucketSpan(BASE + index, BASE + index + day), 1);
    }

    assertThat(occupancy.peak()).isEqualTo((int) day);
    assertThat(occupancy.earliestFit(BASE, day, 0, BASE + 10 * day))
        .isEqualTo(OptionalLong.of(BASE + 9_999 + day));
  }

  @Test
  void nothingFitsBehindTheEndOfTime() {
    assertThat(Occupancy.EMPTY.earliestFit(BucketSpan.BUCKETS - 2, 2, 0, Long.MAX_VALUE))
        .isEqualTo(OptionalLong.of(BucketSpan.BUCKETS - 2));
    assertThat(Occupancy.EMPTY.earliestFit(BucketSpan.BUCKETS - 1, 2, 0, Long.MAX_VALUE)).isEmpty();
  }

  @Provide
  Arbitrary<Booking> bookings() {
    return Combinators.combine(
            Arbitraries.integers().between(0, BUCKETS - 1),
            Arbitraries.integers().between(1, BUCKETS),
            Arbitraries.integers().between(1, 4))
        .as((first, length, sessions) ->
            new Booking(first, Math.min(BUCKETS, first + length), sessions));
  }

  private static void add(int[] array, Booking booking, int sessions) {
    for (int bucket = booking.first; bucket < booking.afterLast; bucket++) {
      array[bucket] += sessions;
    }
  }

  private static int peak(int[] array, int first, int afterLast) {
    return Arrays.stream(array, first, afterLast).max().orElseThrow();
  }

  private static OptionalLong earliest(int[] array, int from, int length, int most) {
    return IntStream.range(from, BUCKETS)
        .filter(start -> peak(array, start, start + length) <= most)
        .mapToLong(start -> BASE + start)
        .findFirst();
  }

  private static int[] loads(List<Run> runs, int most) {
    int[] loads = new int[BUCKETS];
    Run before = null;
    for (Run run : runs) {
      assertThat(run.load()).isGreaterThan(most);
      if (before != null) {
        assertThat(run.first()).isGreaterThanOrEqualTo(before.afterLast());
        assertThat(run.first() == before.afterLast() && run.load() == before.load()).isFalse();
      }
      before = run;
      Arrays.fill(loads, (int) (run.first() - BASE), (int) (run.afterLast() - BASE), run.load());
    }
    return loads;
  }
}
