package dev.hourglass.core.residency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.KeepingOrder;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Room for four snapshots in memory, of which one is for whoever comes, and two on disk. */
class SnapshotLadderTest {
  private static final int TOKENS = 100;
  private static final TenantId ACME = new TenantId("acme");

  private final Random random = new Random(7);
  private final Worths order = new Worths();
  private final Queue<Runnable> lane = new ArrayDeque<>();
  private final SnapshotLadder ladder =
      new SnapshotLadder(
          new LadderLimits(4 * TOKENS, 2 * TOKENS),
          new CountedDisk(),
          lane::add,
          new Places(),
          order,
          new BreakEven(),
          System::nanoTime,
          random);

  private final Map<SessionId, Residency> places = new HashMap<>();

  @Test
  void aStateOnDiskIsNotGivenUpForOneThatIsWorthLess() {
    List<SessionId> known = demote(5, 6, 7, 8, 9);
    assertThat(on(Residency.COLD)).containsExactlyInAnyOrder(known.get(0), known.get(1));

    SessionId poor = demote(1).getFirst();

    assertThat(places).doesNotContainKey(poor);
    assertThat(on(Residency.COLD)).containsExactlyInAnyOrder(known.get(0), known.get(1));
    assertThat(on(Residency.WARM)).containsExactlyInAnyOrderElementsOf(known.subList(2, 5));
    assertThat(order.left).containsExactly("WARM ROOM", "WARM ROOM", "WARM ROOM");
  }

  @Test
  void theLeastOnDiskMakesRoomForOneThatIsWorthMore() {
    List<SessionId> known = demote(5, 6, 7, 8, 9);

    demote(10);

    assertThat(places).doesNotContainKey(known.get(0));
    assertThat(on(Residency.COLD)).containsExactlyInAnyOrder(known.get(1), known.get(2));
    assertThat(ladder.stats().dropped()).isOne();
  }

  @Test
  void whoeverIsWorthLeastOfAllGoesAlthoughAnotherWasToBeWritten() {
    List<SessionId> known = demote(5, 6, 7, 8, 9);
    SessionId written = known.get(2);
    SessionId aged = known.get(4);
    order.onDisk.put(aged, 1.0);

    SessionId newest = demote(10).getFirst();

    assertThat(places).doesNotContainKey(aged);
    assertThat(on(Residency.COLD)).containsExactlyInAnyOrder(known.get(0), known.get(1));
    assertThat(on(Residency.WARM)).containsExactlyInAnyOrder(written, known.get(3), newest);
    assertThat(ladder.stats().warmBytes()).isEqualTo(3 * TOKENS);
  }

  /** What each is worth on any tier. */
  private List<SessionId> demote(double... worth) {
    List<SessionId> sessions = new ArrayList<>();
    for (double its : worth) {
      SessionId session = SessionId.random(random);
      order.inMemory.put(session, its);
      order.onDisk.put(session, its);
      ladder.demoted(session, ACME, new CountedSnapshot(TOKENS));
      for (Runnable task = lane.poll(); task != null; task = lane.poll()) {
        task.run();
      }
      sessions.add(session);
    }
    return sessions;
  }

  private List<SessionId> on(Residency tier) {
    return places.entrySet().stream()
        .filter(place -> place.getValue() == tier)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Worths by tier, as they are written down. */
  private static final class Worths implements KeepingOrder {
    final Map<SessionId, Double> inMemory = new HashMap<>();
    final Map<SessionId, Double> onDisk = new HashMap<>();
    final List<String> left = new ArrayList<>();

    @Override
    public double worth(SessionId session, Residency tier, int kvTokens) {
      return Objects.requireNonNull((tier == Residency.COLD ? onDisk : inMemory).get(session));
    }

    @Override
    public boolean keeps(SessionId session) {
      return true;
    }

    @Override
    public void leaves(SessionId session, Residency tier, Departure why) {
      left.add(tier + " " + why);
    }
  }

  private final class Places implements ResidencyListener {
    @Override
    public void residencyChanged(SessionId session, int kvTokens) {}

    @Override
    public void shelved(SessionId session, Residency tier) {
      if (tier == Residency.TRANSCRIPT) {
        places.remove(session);
      } else {
        places.put(session, tier);
      }
    }
  }
}
