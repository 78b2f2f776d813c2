package dev.hourglass.core.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Windows that end, against a model that keeps every event and looks at all of them each time. */
class WindowedCountsTest {
  private final List<WindowCount> ended = new ArrayList<>();

  @Provide
  Arbitrary<List<Long>> times() {
    return Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.longs().between(0, 15)),
            Tuple.of(4, Arbitraries.longs().between(-80, 0)),
            Tuple.of(1, Arbitraries.longs().between(-5_000, 5_000)))
        .list()
        .ofMaxSize(80)
        .map(strides -> {
          List<Long> times = new ArrayList<>();
          long now = 0;
          for (long stride : strides) {
            now += stride;
            times.add(now);
          }
          return times;
        });
  }

  @Property
  void tumblingOnesHoldEveryEventThatCameInTime(
      @ForAll("times") List<Long> times,
      @ForAll @LongRange(min = 1, max = 40) long size,
      @ForAll @LongRange(min = 0, max = 60) long lateness) {
    againstAligned(new Windowing.Tumbling(size), size, size, times, lateness);
  }

  @Property
  void slidingOnesHoldEveryEventThatCameInTime(
      @ForAll("times") List<Long> times,
      @ForAll @LongRange(min = 1, max = 20) long slide,
      @ForAll @LongRange(min = 0, max = 45) long more,
      @ForAll @LongRange(min = 0, max = 60) long lateness) {
    long size = slide + more;
    againstAligned(new Windowing.Sliding(size, slide), size, slide, times, lateness);
  }

  private void againstAligned(
      Windowing windowing, long size, long slide, List<Long> times, long lateness) {
    ended.clear();
    WindowedCounts counts = new WindowedCounts(windowing, lateness, ended::add);
    // One entry for each event and window that counted.
    List<Window> counted = new ArrayList<>();
    long watermark = Long.MIN_VALUE;
    int late = 0;
    for (long at : times) {
      boolean inTime = true;
      for (long start = at - size + 1; start <= at; start++) {
        if (Math.floorMod(start, slide) == 0) {
          if (start + size <= watermark) {
            inTime = false;
          } else {
            counted.add(new Window(start, start + size));
          }
        }
      }
      late += inTime ? 0 : 1;
      assertThat(counts.add(at)).isEqualTo(inTime);
      watermark = Math.max(watermark, at - lateness);
      assertThat(counts.watermarkNanos()).isEqualTo(watermark);
      assertThat(ended).containsExactlyElementsOf(model(counted, watermark));
      assertThat((long) counts.openWindows())
          .isLessThanOrEqualTo(lateness / slide + size / slide + 2);
    }
    assertThat(counts.late()).isEqualTo(late);
    counts.end();
    assertThat(ended).containsExactlyElementsOf(model(counted, Long.MAX_VALUE));
    assertThat(counts.openWindows()).isZero();
  }

  private static List<WindowCount> model(List<Window> counted, long watermark) {
    return counted.stream()
        .distinct()
        .filter(window -> window.endNanos() <= watermark)
        .sorted(Comparator.comparingLong(Window::startNanos))
        .map(window -> new WindowCount(window, counted.stream().filter(window::equals).count()))
        .toList();
  }

  @Property
  void sessionsHoldEveryEventThatCameInTime(
      @ForAll("times") List<Long> times,
      @ForAll @LongRange(min = 1, max = 30) long gap,
      @ForAll @LongRange(min = 0, max = 60) long lateness) {
    ended.clear();
    WindowedCounts counts = new WindowedCounts(new Windowing.Sessions(gap), lateness, ended::add);
    List<Long> inTime = new ArrayList<>();
    List<WindowCount> told = new ArrayList<>();
    long watermark = Long.MIN_VALUE;
    int late = 0;
    for (long at : times) {
      List<Long> with = new ArrayList<>(inTime);
      with.add(at);
      Window itsOwn =
          sessions(with, gap).stream()
              .map(WindowCount::window)
              .filter(window -> window.contains(at))
              .findFirst()
              .orElseThrow();
      boolean accepted = itsOwn.endNanos() > watermark;
      assertThat(counts.add(at)).isEqualTo(accepted);
      if (accepted) {
        inTime.add(at);
      } else {
        late++;
      }
      watermark = Math.max(watermark, at - lateness);
      for (WindowCount session : sessions(inTime, gap)) {
        if (session.window().endNanos() <= watermark) {
          told.add(session);
          inTime.removeIf(session.window()::contains);
        }
      }
      assertThat(ended).containsExactlyElementsOf(told);
      assertThat((long) counts.openWindows()).isLessThanOrEqualTo(lateness / gap + 2);
    }
    assertThat(counts.late()).isEqualTo(late);
    counts.end();
    told.addAll(sessions(inTime, gap));
    assertThat(ended).containsExactlyElementsOf(told);
    assertThat(ended.stream().mapToLong(WindowCount::events).sum() + late).isEqualTo(times.size());
  }

  private static List<WindowCount> sessions(List<Long> events, long gap) {
    List<WindowCount> sessions = new ArrayList<>();
    List<Long> sorted = events.stream().sorted().toList();
    int from = 0;
    for (int index = 1; index <= sorted.size(); index++) {
      if (index == sorted.size() || sorted.get(index) >= sorted.get(index - 1) + gap) {
        sessions.add(
            new WindowCount(
                new Window(sorted.get(from), sorted.get(index - 1) + gap), index - from));
        from = index;
      }
    }
    return sessions;
  }

  @Test
  void aQuietTimeEndsWindowsToo() {
    WindowedCounts counts = new WindowedCounts(new Windowing.Tumbling(10), 5, ended::add);
    counts.add(3);
    assertThat(ended).isEmpty();
    counts.advanceTo(10);
    counts.advanceTo(4);

    assertThat(ended).containsExactly(new WindowCount(new Window(0, 10), 1));
    assertThat(counts.add(9)).as("its window has ended").isFalse();
    assertThat(counts.late()).isEqualTo(1);
  }

  @Test
  void aClockThatLeapsAheadEndsWhatItLeftBehindAndKeepsCounting() {
    WindowedCounts counts = new WindowedCounts(new Windowing.Sliding(20, 10), 0, ended::add);
    counts.add(5);
    counts.add(1_000_000);
    counts.add(6);

    assertThat(counts.late()).isEqualTo(1);
    assertThat(new TreeSet<>(ended.stream().map(WindowCount::events).toList())).containsExactly(1L);
    assertThat(ended)
        .extracting(WindowCount::window)
        .containsExactly(new Window(-10, 10), new Window(0, 20));
    assertThat(counts.openWindows()).isEqualTo(2);
  }

  @Test
  void refusesWhatCannotBeOrCouldGrowWithoutBound() {
    assertThatThrownBy(() -> new Windowing.Tumbling(0)).hasMessage("size: 0 ns (expected: >= 1)");
    assertThatThrownBy(() -> new Windowing.Sliding(5, 10))
        .hasMessage("size: 5 ns (expected: at least the slide, 10)");
    assertThatThrownBy(() -> new Windowing.Sessions(-1)).hasMessage("gap: -1 ns (expected: >= 1)");
    assertThatThrownBy(() -> new Window(4, 4))
        .hasMessage("window: 4 to 4 ns (expected: an end after its start)");
    assertThatThrownBy(() -> new WindowedCounts(new Windowing.Tumbling(1), -1, ended::add))
        .hasMessage("lateness: -1 ns (expected: >= 0)");
    assertThatThrownBy(() -> new WindowedCounts(new Windowing.Tumbling(1), 100_000, ended::add))
        .hasMessage(
            "lateness: 100000 ns keeps 100002 windows of Tumbling[sizeNanos=1] open"
                + " (expected: at most 65536)");
  }
}
