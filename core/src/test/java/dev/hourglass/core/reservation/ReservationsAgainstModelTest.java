package dev.hourglass.core.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.reservation.ReservationOutcome.CapacityIs;
import dev.hourglass.core.reservation.ReservationOutcome.Done;
import dev.hourglass.core.reservation.ReservationOutcome.Refused;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Whatever is commanded, in whatever order and at whatever time, the transitions do what the plain
 * model does, and never sell a bucket twice: a million commands.
 */
class ReservationsAgainstModelTest {
  private static final int RUNS = 2_000;
  private static final int COMMANDS = 500;

  private static final Instant START = Instant.parse("2026-03-29T00:59:55.250Z");
  private static final ReservationRules RULES =
      new ReservationRules(
          Duration.ofSeconds(30),
          Duration.ofSeconds(40),
          Duration.ofSeconds(150),
          Duration.ofSeconds(500),
          6,
          9,
          5,
          0);

  /** A command, or time that passes; the times of windows count from now. */
  sealed interface Step {
    record Pass(Duration time) implements Step {}

    record Book(ReservationKey key, int startMillis, int lengthMillis, int sessions)
        implements Step {}

    record Confirm(ReservationKey key, Fence fence) implements Step {}

    record Use(ReservationKey key) implements Step {}

    record Release(ReservationKey key, Fence fence) implements Step {}

    record Resize(int sessions) implements Step {}

    record Settle() implements Step {}

    /** The process ends, and another one goes on with what was stored. */
    record Restart() implements Step {}
  }

  enum Fence {
    NONE,
    CURRENT,
    STALE
  }

  @Property(tries = RUNS, edgeCases = EdgeCasesMode.NONE)
  void doesWhatTheModelDoesAndNeverSellsTwice(@ForAll("steps") List<Step> steps) {
    Run run = new Run();
    for (Step step : steps) {
      run.take(step);
    }
  }

  /** One calendar and its model, side by side. */
  private static final class Run {
    private final ReservationTransitions transitions = new ReservationTransitions(RULES);
    private final ReservationModel model = new ReservationModel(RULES);
    private final TreeMap<ReservationKey, Reservation> stored = new TreeMap<>();
    private PoolCalendar calendar = PoolCalendar.empty("pool");
    private Instant now = START;

    private Run() {
      command(new ReservationCommand.SetCapacity(4));
    }

    private void take(Step step) {
      switch (step) {
        case Step.Pass(Duration time) -> now = now.plus(time);
        case Step.Book(var key, int startMillis, int lengthMillis, int sessions) ->
            command(
                new ReservationCommand.Hold(
                    key,
                    now.plusMillis(startMillis),
                    now.plusMillis(startMillis + lengthMillis),
                    sessions));
        case Step.Confirm(var key, var fence) ->
            command(new ReservationCommand.Confirm(key, fence(key, fence)));
        case Step.Use(var key) -> command(new ReservationCommand.Use(key));
        case Step.Release(var key, var fence) ->
            command(new ReservationCommand.Release(key, fence(key, fence)));
        case Step.Resize(int sessions) -> command(new ReservationCommand.SetCapacity(sessions));
        case Step.Settle _ -> command(new ReservationCommand.Settle());
        case Step.Restart _ -> {
          PoolCalendar again =
              PoolCalendar.restored("pool", calendar.fence(), stored.values())
                  .withCapacity(calendar.capacity());
          assertThat(again.load()).isEqualTo(calendar.load());
          calendar = again;
          command(new ReservationCommand.Resume());
        }
      }
    }

    private @Nullable Long fence(ReservationKey key, Fence fence) {
      long current = calendar.find(key).map(Reservation::fence).orElse(7L);
      return switch (fence) {
        case NONE -> null;
        case CURRENT -> Long.valueOf(current);
        case STALE -> Long.valueOf(current + 1);
      };
    }

    private void command(ReservationCommand command) {
      Transition made = transitions.apply(calendar, command, now);
      ReservationOutcome expected = model.apply(command, now);

      assertSame(command, made.outcome(), expected);
      assertThat(made.after().reservations()).isEqualTo(model.reservations());
      boolean changed = !made.change().isEmpty() || made.after().capacity() != calendar.capacity();
      requireNotSoldTwice(made);
      requireFencesToRise(made);
      follow(made.change());
      calendar = made.after();
      if (changed) {
        requireLoadsOfTheModel();
        assertThat(calendar.shortfalls()).isEqualTo(model.shortfalls());
      }
    }

    private static void assertSame(
        ReservationCommand command, ReservationOutcome outcome, ReservationOutcome expected) {
      if (outcome instanceof Refused(var reason, var _, var message)
          && expected instanceof Refused(var expectedReason, var _, var _)) {
        assertThat(reason).as("%s: %s", command, message).isEqualTo(expectedReason);
      } else {
        assertThat(outcome).as("%s", command).isEqualTo(expected);
      }
    }

    /** Whatever is held or sold anew fits at that moment, together with everything else. */
    private void requireNotSoldTwice(Transition made) {
      if (!(made.outcome() instanceof Done(Reservation reservation, boolean repeated))
          || repeated) {
        return;
      }
      boolean held = reservation.status() == ReservationStatus.HELD;
      if (held || reservation.status() == ReservationStatus.CONFIRMED) {
        BucketSpan window = reservation.window();
        for (long bucket = window.first(); bucket < window.afterLast(); bucket++) {
          assertThat(model.load(bucket, !held)).isLessThanOrEqualTo(made.after().capacity());
        }
      }
    }

    private void requireFencesToRise(Transition made) {
      long last = calendar.fence();
      for (Reservation written : made.change().written()) {
        assertThat(written.fence()).isGreaterThan(calendar.fence());
        last = Math.max(last, written.fence());
      }
      assertThat(made.change().fenceBefore()).isEqualTo(calendar.fence());
      assertThat(made.change().fence()).isGreaterThanOrEqualTo(last);
      assertThat(made.after().fence()).isEqualTo(made.change().fence());
    }

    /** What a store would do. */
    private void follow(ReservationChange change) {
      change.written().forEach(written -> stored.put(written.key(), written));
      change.forgotten().forEach(stored::remove);
      Collection<Reservation> kept = stored.values();
      if (!change.isEmpty()) {
        assertThat(List.copyOf(kept)).isEqualTo(model.reservations());
      }
    }

    private void requireLoadsOfTheModel() {
      long first = BucketSpan.bucketOf(now) - 20;
      long afterLast = first + 100;
      int[] loads = new int[(int) (afterLast - first)];
      for (Occupancy.Run run : calendar.load().above(new BucketSpan(first, afterLast), 0)) {
        for (long bucket = run.first(); bucket < run.afterLast(); bucket++) {
          loads[(int) (bucket - first)] = run.load();
        }
      }
      for (long bucket = first; bucket < afterLast; bucket++) {
        if (loads[(int) (bucket - first)] != model.load(bucket, false)) {
          assertThat(loads[(int) (bucket - first)])
              .as("load of bucket %d", bucket)
              .isEqualTo(model.load(bucket, false));
        }
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<ReservationKey> keys =
        Combinators.combine(
                Arbitraries.integers().between(1, 2), Arbitraries.integers().between(1, 9))
            .as((tenant, id) ->
                new ReservationKey(new TenantId("tenant-" + tenant), new ReservationId("r" + id)));
    Arbitrary<Fence> fences =
        Arbitraries.frequency(
            Tuple.of(6, Fence.NONE), Tuple.of(3, Fence.CURRENT), Tuple.of(1, Fence.STALE));
    Arbitrary<Step> bookings =
        Combinators.combine(
                keys,
                Arbitraries.frequencyOf(
                    Tuple.of(12, Arbitraries.integers().between(0, 200_000)),
                    Tuple.of(1, Arbitraries.integers().between(-20_000, 520_000))),
                Arbitraries.frequencyOf(
                    Tuple.of(12, Arbitraries.integers().between(1, 150_000)),
                    Tuple.of(1, Arbitraries.integers().between(-5_000, 160_000))),
                Arbitraries.integers().between(0, 5))
            .as(Step.Book::new);
    return Arbitraries.frequencyOf(
            Tuple.of(40, bookings),
            Tuple.of(30, Combinators.combine(keys, fences).as(Step.Confirm::new)),
            Tuple.of(15, keys.map(Step.Use::new)),
            Tuple.of(10, Combinators.combine(keys, fences).as(Step.Release::new)),
            Tuple.of(25, passing()),
            Tuple.of(4, Arbitraries.integers().between(0, 6).map(Step.Resize::new)),
            Tuple.of(3, Arbitraries.just(new Step.Settle())),
            Tuple.of(2, Arbitraries.just(new Step.Restart())))
        .list()
        .ofSize(COMMANDS);
  }

  /** Mostly some seconds; now and then the clock is set, forward or back. */
  private static Arbitrary<Step> passing() {
    return Arbitraries.frequencyOf(
            Tuple.of(20, Arbitraries.integers().between(0, 15_000)),
            Tuple.of(2, Arbitraries.integers().between(0, 200_000)),
            Tuple.of(1, Arbitraries.integers().between(-100_000, 0)))
        .map(millis -> new Step.Pass(Duration.ofMillis(millis)));
  }

  /** The outcomes that the steps lead to, so that a test of nothing but refusals would be seen. */
  @Property(tries = 1, edgeCases = EdgeCasesMode.NONE)
  void theStepsReachEveryKindOfOutcome(@ForAll("longRun") List<Step> steps) {
    Run run = new Run();
    List<String> kinds = new ArrayList<>();
    for (Step step : steps) {
      run.take(step);
      run.calendar.reservations().forEach(each -> kinds.add(each.status().name()));
      if (!run.calendar.shortfalls().isEmpty()) {
        kinds.add("SHORTFALL");
      }
    }
    assertThat(kinds)
        .contains(
            "HELD",
            "CONFIRMED",
            "ACTIVE",
            "RELEASED",
            "CANCELLED",
            "EXPIRED",
            "NO_SHOW",
            "SHORTFALL");
    assertThat(run.transitions.apply(run.calendar, new ReservationCommand.SetCapacity(3), run.now))
        .extracting(Transition::outcome)
        .isInstanceOf(CapacityIs.class);
  }

  @Provide
  Arbitrary<List<Step>> longRun() {
    return steps().list().ofSize(10).map(lists -> lists.stream().flatMap(List::stream).toList());
  }
}
