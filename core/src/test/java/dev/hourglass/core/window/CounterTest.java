package dev.hourglass.core.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Both counters against every event that ever was. */
class CounterTest {
  /** One thing that happens to a counter: an event, or a question. */
  record Step(boolean event, long atNanos) {}

  /** Times that mostly go on, are often out of order or equal, and now and then leap. */
  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Long> stride =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.longs().between(0, 30)),
            Tuple.of(3, Arbitraries.longs().between(-120, 0)),
            Tuple.of(1, Arbitraries.longs().between(-1_000_000, 1_000_000)));
    return Combinators.combine(Arbitraries.of(true, true, true, false), stride)
        .as((event, by) -> new Step(event, by))
        .list()
        .ofMaxSize(120)
        .map(strides -> {
          List<Step> steps = new ArrayList<>();
          long now = 0;
          for (Step each : strides) {
            now += each.atNanos();
            steps.add(new Step(each.event(), now));
          }
          return steps;
        });
  }

  @Property
  void theExactOneTellsWhatAListOfEveryEventTells(
      @ForAll("steps") List<Step> steps, @ForAll @LongRange(min = 1, max = 200) long window) {
    ExactCounter counter = new ExactCounter(window, 200);
    List<Long> inTime = new ArrayList<>();
    long latest = Long.MIN_VALUE;
    int late = 0;
    for (Step step : steps) {
      latest = Math.max(latest, step.atNanos());
      long now = latest;
      boolean inside = step.atNanos() > now - window;
      if (step.event()) {
        assertThat(counter.add(step.atNanos())).isEqualTo(inside);
        if (inside) {
          inTime.add(step.atNanos());
        } else {
          late++;
        }
      }
      assertThat(counter.count(step.atNanos()))
          .isEqualTo((int) inTime.stream().filter(at -> at > now - window).count());
      assertThat(counter.late()).isEqualTo(late);
    }
    assertThat(counter.dropped()).isZero();
  }

  @Property
  void theExactOneKeepsTheNewestWhenItIsFull(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 1, max = 8) int most) {
    ExactCounter all = new ExactCounter(100, 200);
    ExactCounter few = new ExactCounter(100, most);
    for (Step step : steps) {
      if (step.event()) {
        assertThat(few.add(step.atNanos())).isEqualTo(all.add(step.atNanos()));
      }
      assertThat(few.count(step.atNanos())).isEqualTo(Math.min(most, all.count(step.atNanos())));
    }
    assertThat(few.late()).isEqualTo(all.late());
  }

  @Property
  void theSlidingOneTellsWhatItsFormulaSaysOfEveryEvent(
      @ForAll("steps") List<Step> steps,
      @ForAll @LongRange(min = 1, max = 40) long slot,
      @ForAll @IntRange(min = 1, max = 6) int slots) {
    SlidingCounter counter = new SlidingCounter(slot * slots, slots);
    List<Long> inTime = new ArrayList<>();
    long newestSlot = Long.MIN_VALUE;
    int late = 0;
    for (Step step : steps) {
      long itsSlot = Math.floorDiv(step.atNanos(), slot);
      if (step.event()) {
        boolean inRing = newestSlot == Long.MIN_VALUE || newestSlot - itsSlot <= slots;
        assertThat(counter.add(step.atNanos())).isEqualTo(inRing);
        newestSlot = Math.max(newestSlot, itsSlot);
        if (inRing) {
          inTime.add(step.atNanos());
        } else {
          late++;
        }
      }
      if (newestSlot != Long.MIN_VALUE) {
        long now = Math.max(step.atNanos(), newestSlot * slot);
        assertThat(counter.count(step.atNanos()))
            .isCloseTo(formula(inTime, now, slot, slots), within(1e-9));
      }
      assertThat(counter.late()).isEqualTo(late);
    }
  }

  private static double formula(List<Long> events, long now, long slot, int slots) {
    long current = Math.floorDiv(now, slot);
    double elapsed = (double) Math.floorMod(now, slot) / slot;
    return events.stream()
        .mapToDouble(at -> {
          long behind = current - Math.floorDiv(at, slot);
          return behind < slots ? 1 : behind == slots ? 1 - elapsed : 0;
        })
        .sum();
  }

  @Property
  void theSlidingOneIsOffByLessThanTheEventsOfOneSlot(
      @ForAll @IntRange(min = 1, max = 6) int slots,
      @ForAll List<@LongRange(min = 0, max = 50) Long> gaps) {
    long slot = 60;
    SlidingCounter sliding = new SlidingCounter(slot * slots, slots);
    ExactCounter exact = new ExactCounter(slot * slots, Math.max(1, gaps.size()));
    List<Long> events = new ArrayList<>();
    long now = 0;
    for (long gap : gaps) {
      now += gap;
      events.add(now);
      sliding.add(now);
      exact.add(now);
      long oldestSlot = Math.floorDiv(now, slot) - slots;
      long inOldest = events.stream().filter(at -> Math.floorDiv(at, slot) == oldestSlot).count();
      assertThat(sliding.count(now)).isCloseTo(exact.count(now), within((double) inOldest));
    }
  }

  @Test
  void oneSlotIsTheWellKnownCounter() {
    SlidingCounter counter = new SlidingCounter(100, 1);
    for (int event = 0; event < 10; event++) {
      counter.add(50 + event);
    }
    counter.add(110);

    assertThat(counter.count(125)).isEqualTo(1 + 10 * 0.75);
    assertThat(counter.count(199)).isCloseTo(1 + 10 * 0.01, within(1e-9));
    assertThat(counter.count(300)).isZero();
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> new SlidingCounter(100, 0))
        .hasMessage("slots: 0 (expected: 1 to 65536)");
    assertThatThrownBy(() -> new SlidingCounter(3, 4))
        .hasMessage("window: 3 ns (expected: at least one for each slot, 4)");
    assertThatThrownBy(() -> new ExactCounter(0, 4)).hasMessage("window: 0 ns (expected: >= 1)");
    assertThatThrownBy(() -> new ExactCounter(1, -1))
        .hasMessage("events: -1 (expected: 1 to 16777216)");
  }
}
