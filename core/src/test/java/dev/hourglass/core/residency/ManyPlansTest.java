package dev.hourglass.core.residency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseOrder.IdleResident;
import dev.hourglass.core.retention.policy.Leaving;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.retention.policy.RetentionPolicy.ByValue;
import dev.hourglass.core.retention.policy.RetentionPolicy.LeastRecent;
import dev.hourglass.core.retention.policy.TierUse;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The retention and the ladder of the server below an engine whose cells are counted and whose
 * computing is left out, so that many plans can be served. They are drawn like those of {@code
 * hourglass bench oversubscription}, with its tiers: 512 cells, twice as much in memory and eight
 * times on disk.
 */
class ManyPlansTest {
  private static final int HOT_TOKENS = 512;
  private static final int SEQUENCES = 16;
  private static final LadderLimits LADDER = new LadderLimits(2 * HOT_TOKENS, 8 * HOT_TOKENS);
  private static final LadderLimits NONE = new LadderLimits(0, 0);
  private static final int PLANS = 10;
  private static final int TURNS = 4_000;

  @Test
  void valueComputesLessAgainThanLruOnTheSameLadder() {
    assertThat((double) recomputed(new ByValue(), LADDER, 4, TURNS))
        .isLessThan(0.97 * recomputed(new LeastRecent(), LADDER, 4, TURNS));
    assertThat((double) recomputed(new ByValue(), LADDER, 8, TURNS))
        .isLessThan(0.97 * recomputed(new LeastRecent(), LADDER, 8, TURNS));
  }

  @Test
  void valueWithoutALadderComputesLessAgainThanLru() {
    assertThat((double) recomputed(new ByValue(), NONE, 4, TURNS))
        .isLessThan(0.95 * recomputed(new LeastRecent(), NONE, 4, TURNS));
  }

  @Test
  void valueWithALadderComputesATenthAgainOfWhatLruAloneDoes() {
    for (int load : new int[] {2, 4}) {
      assertThat(recomputed(new ByValue(), LADDER, load, 300))
          .isLessThan(recomputed(new LeastRecent(), NONE, load, 300) / 10);
    }
  }

  private static long recomputed(RetentionPolicy policy, LadderLimits limits, int load, int turns) {
    long tokens = 0;
    for (int plan = 0; plan < PLANS; plan++) {
      tokens += new House(policy, limits).serve(new Plan(load, plan), turns);
    }
    return tokens;
  }

  /** Who comes when: P(next turn | turn n), and lognormal gaps, as in Mooncake's conversations. */
  private static final class Plan {
    private static final double[] RETURNS = {0.28, 0.42, 0.56, 0.61, 0.69};
    private static final double WAITING_BY_RATE = 0.593 * 131 * Math.exp(0.98 * 0.98 / 2);
    private static final int MOST_TURNS = 12;
    private static final double TOKENS_OF_A_WAITING_SESSION = 110;

    final PriorityQueue<Client> due =
        new PriorityQueue<>(Comparator.comparingDouble(client -> client.dueSeconds));
    private final Random random;
    private final double rate;

    Plan(int load, int seed) {
      this.random = new Random(seed);
      this.rate = load * HOT_TOKENS / TOKENS_OF_A_WAITING_SESSION / WAITING_BY_RATE;
      nextClient(0);
    }

    Client next() {
      Client client = due.remove();
      if (client.turns == 0) {
        nextClient(client.dueSeconds);
      }
      client.turns++;
      return client;
    }

    private void nextClient(double afterSeconds) {
      Client client = new Client(SessionId.random(random));
      client.dueSeconds = afterSeconds - Math.log(1 - random.nextDouble()) / rate;
      due.add(client);
    }

    void ended(Client client) {
      if (client.turns < MOST_TURNS
          && random.nextDouble() < RETURNS[Math.min(client.turns, RETURNS.length) - 1]) {
        client.dueSeconds += 131 * Math.exp(0.98 * random.nextGaussian());
        due.add(client);
      }
    }
  }

  private static final class Client {
    final SessionId session;
    double dueSeconds;
    int turns;
    int kvTokens;

    Client(SessionId session) {
      this.session = session;
    }
  }

  /** An engine of counted cells, with the server's retention and ladder below it. */
  private static final class House {
    private static final int FIRST_TOKENS = 53;
    private static final int FURTHER_TOKENS = 20;
    private static final TenantId TENANT = new TenantId("plans");

    private final LadderLimits limits;
    private final Queue<Runnable> lane = new ArrayDeque<>();
    private final BreakEven breakEven = new BreakEven();
    private final LiveRetention retention;
    private final SnapshotLadder ladder;
    private final Map<SessionId, Client> hot = new LinkedHashMap<>();
    private double seconds;
    private double toldSeconds;

    House(RetentionPolicy policy, LadderLimits limits) {
      this.limits = limits;
      this.retention =
          new LiveRetention(
              policy,
              new Tiers(HOT_TOKENS, SEQUENCES, limits.warmBytes(), limits.coldBytes()),
              breakEven,
              Liveliness.UNKNOWN,
              1_000_000,
              this::nanos,
              new Random(1));
      this.ladder =
          new SnapshotLadder(
              limits,
              limits.coldBytes() == 0 ? null : new CountedDisk(),
              lane::add,
              retention,
              retention,
              breakEven,
              this::nanos,
              new Random(2));
    }

    private long nanos() {
      return (long) (seconds * 1e9);
    }

    /** Answers how many tokens were computed again that the session had held before. */
    long serve(Plan plan, int turns) {
      long recomputed = 0;
      for (int turn = 0; turn < turns; turn++) {
        Client client = plan.next();
        seconds = client.dueSeconds;
        passSecond();
        recomputed += serve(client);
        plan.ended(client);
      }
      return recomputed;
    }

    private void passSecond() {
      if (seconds - toldSeconds < 1) {
        return;
      }
      toldSeconds = seconds;
      LadderStats stats = ladder.stats();
      double cells = Math.max((double) used() / HOT_TOKENS, (double) hot.size() / SEQUENCES);
      for (Leaving leaving :
          retention.second(
              new TierUse(
                  cells,
                  OptionalDouble.empty(),
                  (double) stats.warmBytes() / Math.max(1, limits.warmBytes()),
                  (double) stats.coldBytes() / Math.max(1, limits.coldBytes())))) {
        if (leaving.from() == Residency.HOT) {
          letGo(leaving.session());
        }
      }
    }

    private int used() {
      return hot.values().stream().mapToInt(client -> client.kvTokens).sum();
    }

    private int serve(Client client) {
      SessionId session = client.session;
      if (client.turns == 1) {
        retention.note(new Event.SessionCreated(session, SessionKind.IMPLICIT));
      }
      retention.note(new Event.StateChanged(session, SessionState.IDLE, SessionState.ACTIVE));
      int held = client.kvTokens;
      int cached = hot.remove(session) == null ? restored(session) : held;
      int needed = held + (client.turns == 1 ? FIRST_TOKENS : FURTHER_TOKENS);
      while (used() + needed > HOT_TOKENS || hot.size() >= SEQUENCES - 1) {
        letGo(retention.next(idle()).orElseThrow());
      }
      client.kvTokens = needed;
      hot.put(session, client);
      ladder.residencyChanged(session, needed);
      runLane();
      breakEven.prefilled(needed - cached, 20_000_000L + 4_000_000L * (needed - cached));
      retention.note(new Event.StateChanged(session, SessionState.ACTIVE, SessionState.IDLE));
      retention.note(
          new Event.TurnEnded(
              session,
              new TurnEnd.Completed(
                  FinishReason.STOP,
                  new GenerationUsage(new PromptUsage(needed, cached, 0), 0, needed),
                  new TurnEnd.TurnTiming(null, null, Duration.ZERO),
                  false)));
      return held - cached;
    }

    private List<IdleResident> idle() {
      return hot.values().stream()
          .map(client ->
              new IdleResident(client.session, client.kvTokens, (long) (client.dueSeconds * 1e9)))
          .toList();
    }

    private int restored(SessionId session) {
      var claiming = ladder.claim(session, TENANT).toCompletableFuture();
      runLane();
      SnapshotLadder.Claim claim = claiming.join();
      if (claim == null) {
        return 0;
      }
      try (claim) {
        int kvTokens = claim.snapshot().kvTokens();
        claim.applied(kvTokens, 8_000_000L + 10_000L * kvTokens);
        return kvTokens;
      }
    }

    private void letGo(SessionId session) {
      int kvTokens = Objects.requireNonNull(hot.remove(session)).kvTokens;
      boolean wanted = ladder.wanted(session, kvTokens);
      ladder.residencyChanged(session, 0);
      if (wanted) {
        ladder.demoted(session, TENANT, new CountedSnapshot(kvTokens));
      }
      runLane();
    }

    private void runLane() {
      for (Runnable task = lane.poll(); task != null; task = lane.poll()) {
        task.run();
      }
    }
  }
}
