package dev.hourglass.core.retention.policy;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.KeepingOrder;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseOrder;
import dev.hourglass.core.retention.policy.Holding.Extremes;
import dev.hourglass.core.retention.policy.RetentionPolicy.ByValue;
import dev.hourglass.core.retention.policy.RetentionPolicy.FixedTtl;
import dev.hourglass.core.retention.policy.RetentionPolicy.LeastRecent;
import dev.hourglass.core.retention.policy.RetentionPolicy.Lively;
import dev.hourglass.core.retention.policy.RetentionPolicy.TieredTtl;
import dev.hourglass.core.retention.policy.RetentionReport.TierReport;
import dev.hourglass.core.retention.value.ReturnClass;
import dev.hourglass.core.retention.value.ReturnTimes;
import dev.hourglass.core.retention.value.WaitingSessions;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionSnapshot;
import dev.hourglass.core.session.SessionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The retention of one engine and the tiers below it: whose state goes first on each, and when one
 * goes although nobody asks.
 *
 * <p>What it knows comes from events: a session begins to be used, waits, ends; its state is on
 * this tier now. From them it learns when sessions return, those whose state is gone included. What
 * a state is worth to {@code value} is
 *
 * <pre>  G(a) · saved / m  </pre>
 *
 * <p>hits for each second of memory ({@link ReturnTimes}), times the seconds that a hit on this
 * tier saves against one on the next, for each token held. The other policies rank by something
 * simpler. Whatever the policy, everything is learned, so that it can be told and compared.
 *
 * <p>Every call costs the same however many sessions there are: events change counts, and a
 * decision looks at {@value Holding#DRAWN} at most. Safe for use by several threads; never calls
 * anybody while it holds its lock, but for {@link ReturnCost} and what {@link Liveliness} gave,
 * which answer from memory.
 */
public final class LiveRetention
    implements ReleaseOrder, KeepingOrder, ResidencyListener, RetentionView {
  /** A state must be worth so much less than its price before it goes unasked. */
  private static final double HYSTERESIS = 1.25;

  /** States that leave a tier unasked in one second, at most. */
  private static final int LEAVING_PER_SECOND = 8;

  /** Least difference between two tiers, so that who returns sooner is still worth more. */
  private static final double LEAST_SAVING_SECONDS = 1e-9;

  private static final double IN_USE = Double.MAX_VALUE;

  private final RetentionPolicy policy;
  private final Tiers tiers;
  private final ReturnCost cost;
  private final Liveliness liveliness;
  private final int mostSessions;
  private final LongSupplier nanoClock;
  private final long startNanos;

  // Guarded by this. Lives are bounded by mostSessions.
  private final Map<SessionId, Life> lives = new HashMap<>();
  private final Map<Residency, Level> levels = new EnumMap<>(Residency.class);
  private final ReturnTimes times = new ReturnTimes();
  private final WaitingSessions waiting = new WaitingSessions(times);
  private final SessionGhosts ghosts = new SessionGhosts(times);
  private double refreshedSeconds;
  private long ghostCapacityTokens;
  private long decisions;
  private TierUse use = new TierUse(0, OptionalDouble.empty(), 0, 0);

  /**
   * Creates a retention that knows nobody yet.
   *
   * @param mostSessions known at once; a further one is not learned from and goes first
   * @param nanoClock a monotonic clock
   * @param random draws those who are looked at where they are many
   */
  public LiveRetention(
      RetentionPolicy policy,
      Tiers tiers,
      ReturnCost cost,
      Liveliness liveliness,
      int mostSessions,
      LongSupplier nanoClock,
      RandomGenerator random) {
    this.policy = policy;
    this.tiers = tiers;
    this.cost = cost;
    this.liveliness = liveliness;
    this.mostSessions = mostSessions;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.ghostCapacityTokens = tiers.hotKvTokens();
    for (Residency tier : Residency.values()) {
      levels.put(tier, new Level(new Holding(random), new ShadowPrice()));
    }
  }

  /** One tier. */
  private static final class Level {
    final Holding holding;
    final ShadowPrice price;
    final Map<Departure, Long> departures = new EnumMap<>(Departure.class);

    Level(Holding holding, ShadowPrice price) {
      this.holding = holding;
      this.price = price;
    }
  }

  private Level level(Residency tier) {
    return Objects.requireNonNull(levels.get(tier));
  }

  private double now() {
    return Math.max(0, nanoClock.getAsLong() - startNanos) / 1e9;
  }

  // --- what happens ----------------------------------------------------------------------------

  /** Learns from what happens in the house. Events may come twice, late or not at all. */
  public void note(Event event) {
    switch (event) {
      case Event.SessionCreated(SessionId session, _) -> born(session);
      case Event.StateChanged(SessionId session, _, SessionState to) -> {
        switch (to) {
          case ACTIVE -> begins(session);
          case IDLE -> waits(session);
          case TERMINATING, TERMINATED -> ends(session);
          case INITIALIZING -> {}
        }
      }
      case Event.TurnEnded(SessionId session, TurnEnd end) -> grows(session, end.usage());
      case Event.SessionDestroyed(_, var receipt) -> ends(receipt.session());
      case Event.LeaseEnded _,
          Event.LeaseLost _,
          Event.SessionReleased _,
          Event.TurnArrived _,
          Event.TurnRefused _,
          Event.ReservationMoved _,
          Event.OrphanReleased _ -> {}
    }
  }

  private synchronized void born(SessionId session) {
    if (lives.size() < mostSessions && !lives.containsKey(session)) {
      lives.put(session, new Life(session, now()));
    }
  }

  private synchronized void begins(SessionId session) {
    Life life = lives.get(session);
    if (life == null || life.inUse) {
      return;
    }
    double now = now();
    life.inUse = true;
    if (life.waits) {
      life.waits = false;
      life.gapSeconds = life.idleSeconds(now);
      if (waiting.ends(life.of, life.usedSeconds, now)) {
        times.returned(life.of, life.gapSeconds);
      }
      ghosts.returns(session, tiers.hotTokens((int) life.contextTokens), ghostCapacityTokens);
    }
  }

  private void waits(SessionId session) {
    // Before the lock, which is taken under that of the session.
    DoubleSupplier known = policy instanceof Lively ? liveliness.of(session).orElse(null) : null;
    waits(session, known);
  }

  private synchronized void waits(SessionId session, @Nullable DoubleSupplier known) {
    Life life = lives.get(session);
    if (life == null || !life.inUse) {
      return;
    }
    life.liveliness = known;
    double now = now();
    life.inUse = false;
    life.turns++;
    life.usedSeconds = now;
    life.of = ReturnClass.of(life.turns, life.gapSeconds, life.contextTokens);
    life.waits = true;
    waiting.begins(life.of, now);
    if (life.place >= 0) {
      level(life.tier).holding.used(life);
    }
    ghosts.waits(
        session, life.of, tiers.hotTokens((int) life.contextTokens), now, ghostCapacityTokens);
  }

  /** What it was told comes after the session waits again. */
  private synchronized void grows(SessionId session, GenerationUsage usage) {
    Life life = lives.get(session);
    long tokens = (long) usage.prompt().promptTokens() + usage.completionTokens();
    if (life == null || tokens <= 0) {
      return;
    }
    life.contextTokens = Math.min(Integer.MAX_VALUE, tokens);
    ReturnClass of = ReturnClass.of(life.turns, life.gapSeconds, life.contextTokens);
    if (life.waits && !of.equals(life.of) && waiting.ends(life.of, life.usedSeconds, now())) {
      waiting.begins(of, life.usedSeconds);
    }
    life.of = of;
  }

  private synchronized void ends(SessionId session) {
    Life life = lives.remove(session);
    if (life == null) {
      return;
    }
    double now = now();
    if (life.waits && waiting.ends(life.of, life.usedSeconds, now)) {
      times.censored(life.of, life.idleSeconds(now));
    }
    if (life.place >= 0) {
      level(life.tier).holding.remove(life);
    }
    ghosts.ends(session);
  }

  @Override
  public synchronized void residencyChanged(SessionId session, int kvTokens) {
    Life life = lives.get(session);
    if (life == null) {
      return;
    }
    if (kvTokens > 0) {
      life.contextTokens = Math.max(life.contextTokens, kvTokens);
      stands(life, Residency.HOT, kvTokens);
    } else if (life.tier == Residency.HOT) {
      stands(life, Residency.TRANSCRIPT, 0);
    }
  }

  @Override
  public synchronized void shelved(SessionId session, Residency tier) {
    Life life = lives.get(session);
    // What the engine holds is told by the engine, and newer than any snapshot.
    if (life == null || (life.tier == Residency.HOT && tier == Residency.TRANSCRIPT)) {
      return;
    }
    int kvTokens = life.heldTokens > 0 ? life.heldTokens : (int) life.contextTokens;
    stands(life, tier, tier == Residency.TRANSCRIPT ? 0 : kvTokens);
  }

  private void stands(Life life, Residency tier, int kvTokens) {
    if (life.tier == tier && life.place >= 0) {
      level(tier).holding.resize(life, kvTokens);
      return;
    }
    if (life.place >= 0) {
      level(life.tier).holding.remove(life);
    }
    life.tier = tier;
    if (tier == Residency.HOT) {
      life.departure = null;
    }
    if (tier != Residency.TRANSCRIPT) {
      level(tier).holding.add(life, kvTokens);
    }
  }

  // --- who goes first --------------------------------------------------------------------------

  @Override
  public synchronized Optional<SessionId> next(Collection<IdleResident> idle) {
    double now = now();
    IdleResident least = null;
    double leastWorth = Double.POSITIVE_INFINITY;
    for (IdleResident candidate : idle) {
      Life life = lives.get(candidate.session());
      double its =
          life == null ? 0 : worthUnlessUsed(life, Residency.HOT, candidate.kvTokens(), now);
      if (least == null
          || its < leastWorth
          || (its == leastWorth && candidate.lastUsedNanos() < least.lastUsedNanos())) {
        least = candidate;
        leastWorth = its;
      }
    }
    if (least == null) {
      return Optional.empty();
    }
    paid(Residency.HOT, leastWorth);
    went(least.session(), Residency.HOT, Departure.ROOM);
    return Optional.of(least.session());
  }

  /** Whom to let go of a tier that may hold very many; empty where everybody is used. */
  public synchronized Optional<SessionId> least(Residency tier) {
    double now = now();
    Extremes extremes =
        level(tier).holding.extremes(life -> worth(life, tier, life.heldTokens, now));
    return Optional.ofNullable(extremes.least()).map(life -> life.session);
  }

  @Override
  public synchronized double worth(SessionId session, Residency tier, int kvTokens) {
    Life life = lives.get(session);
    return life == null ? 0 : worthUnlessUsed(life, tier, kvTokens, now());
  }

  /** Whose next turn is here already goes last. */
  private double worthUnlessUsed(Life life, Residency tier, int kvTokens, double now) {
    return life.inUse ? IN_USE : worth(life, tier, kvTokens, now);
  }

  /** Memory costs as much as what had to go for it was worth. */
  private void paid(Residency tier, double worth) {
    if (policy instanceof ByValue && !ghosts.useWins() && worth < IN_USE) {
      level(tier).price.paid(worth);
    }
  }

  private double worth(Life life, Residency tier, int kvTokens, double now) {
    return switch (policy) {
      case FixedTtl _, TieredTtl _, LeastRecent _ -> life.usedSeconds;
      case Lively _ -> liveliness(life, now);
      case ByValue _ ->
          ghosts.useWins()
              ? life.usedSeconds
              : times.worth(life.of, life.idleSeconds(now)) * savedByToken(tier, kvTokens);
    };
  }

  /** Seconds that a hit on this tier saves, against one on the next, for a thousand tokens held. */
  private double savedByToken(Residency tier, int kvTokens) {
    double elsewhere = cost.prefillSeconds(kvTokens);
    if (tier != Residency.COLD && tiers.coldBytes() > 0) {
      elsewhere = Math.min(elsewhere, cost.restoreSeconds(Residency.COLD, kvTokens));
    }
    if (tier == Residency.HOT && tiers.warmBytes() > 0) {
      elsewhere = Math.min(elsewhere, cost.restoreSeconds(Residency.WARM, kvTokens));
    }
    double here = tier == Residency.HOT ? 0 : cost.restoreSeconds(tier, kvTokens);
    double tokens = tier == Residency.HOT ? tiers.hotTokens(kvTokens) : Math.max(1, kvTokens);
    return Math.max(LEAST_SAVING_SECONDS * kvTokens, elsewhere - here) * 1_000 / tokens;
  }

  /** Of whom nothing is measured yet: how lately and how often it was used. */
  private double liveliness(Life life, double now) {
    if (life.liveliness != null) {
      return life.liveliness.getAsDouble();
    }
    double recency = Math.exp(-life.idleSeconds(now) / 300);
    double minutes = Math.max(1, (now - life.bornSeconds) / 60);
    return (recency + 1 - Math.exp(-life.turns / minutes)) / 2;
  }

  @Override
  public synchronized boolean keeps(SessionId session) {
    Life life = lives.get(session);
    double idle = life == null ? 0 : life.idleSeconds(now());
    return switch (policy) {
      case FixedTtl(Duration most) -> idle < seconds(most);
      case TieredTtl(_, Duration most) -> idle < seconds(most);
      case LeastRecent _, Lively _, ByValue _ -> true;
    };
  }

  @Override
  public synchronized void leaves(SessionId session, Residency tier, Departure why) {
    Life life = lives.get(session);
    if (life != null && why == Departure.ROOM) {
      paid(tier, worthUnlessUsed(life, tier, Math.max(1, life.heldTokens), now()));
    }
    went(session, tier, why);
  }

  private void went(SessionId session, Residency tier, Departure why) {
    decisions++;
    level(tier).departures.merge(why, 1L, Long::sum);
    Life life = lives.get(session);
    if (life != null) {
      life.departure = why;
      life.departedFrom = tier;
    }
  }

  // --- who goes unasked ------------------------------------------------------------------------

  /** Lets a second pass; answers what should leave its tier now. */
  public synchronized List<Leaving> second(TierUse now) {
    use = now;
    double seconds = now();
    if (seconds - refreshedSeconds >= ReturnTimes.REFRESH_SECONDS) {
      refreshedSeconds = seconds;
      waiting.refresh(seconds);
    }
    long below =
        level(Residency.WARM).holding.kvTokens() + level(Residency.COLD).holding.kvTokens();
    double shares = now.warm() * tiers.warmBytes() + now.cold() * tiers.coldBytes();
    if (below > 0 && shares > 0) {
      double tokensByByte = below / shares;
      ghostCapacityTokens =
          tiers.hotKvTokens() + (long) (tokensByByte * (tiers.warmBytes() + tiers.coldBytes()));
    }
    return switch (policy) {
      case FixedTtl(Duration most) -> idleFor(most, most);
      case TieredTtl(Duration hot, Duration cold) -> idleFor(hot, cold);
      case LeastRecent _, Lively _ -> List.of();
      case ByValue _ -> tooDear(seconds);
    };
  }

  private List<Leaving> idleFor(Duration hot, Duration below) {
    List<Leaving> leaving = new ArrayList<>();
    idleFor(Residency.HOT, hot, leaving);
    idleFor(Residency.WARM, below, leaving);
    idleFor(Residency.COLD, below, leaving);
    return leaving;
  }

  private void idleFor(Residency tier, Duration most, List<Leaving> leaving) {
    double now = now();
    for (Life life : level(tier).holding.oldestIdle(LEAVING_PER_SECOND)) {
      if (life.idleSeconds(now) < seconds(most)) {
        return;
      }
      went(life.session, tier, Departure.TTL);
      leaving.add(new Leaving(life.session, tier));
    }
  }

  /** Moves the prices on, and names who is worth clearly less than the engine's. */
  private List<Leaving> tooDear(double seconds) {
    price(Residency.WARM, use.warm(), seconds);
    price(Residency.COLD, use.cold(), seconds);
    double expected = Math.max(use.hot(), use.hotExpected().orElse(use.hot()));
    Extremes extremes = price(Residency.HOT, expected, seconds);
    ShadowPrice price = level(Residency.HOT).price;
    if (extremes.least() == null
        || ghosts.useWins()
        || expected <= ShadowPrice.TARGET
        || extremes.leastWorth() >= price.price() / HYSTERESIS) {
      return List.of();
    }
    went(extremes.least().session, Residency.HOT, Departure.PRICE);
    return List.of(new Leaving(extremes.least().session, Residency.HOT));
  }

  private Extremes price(Residency tier, double expected, double seconds) {
    Extremes extremes =
        ghosts.useWins()
            ? new Extremes(null, 0, 0)
            : level(tier).holding.extremes(life -> worth(life, tier, life.heldTokens, seconds));
    level(tier).price.second(expected, extremes.leastWorth(), extremes.mostWorth());
    return extremes;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  // --- what can be seen ------------------------------------------------------------------------

  @Override
  public synchronized Standing standing(SessionSnapshot session) {
    Life life = lives.get(session.id());
    if (life == null) {
      return new Standing(
          session.kvTokens(),
          OptionalDouble.empty(),
          session.state() == SessionState.TERMINATING
              ? "it is being destroyed"
              : "not watched: as many sessions are as may be, or it is just being born");
    }
    double now = now();
    OptionalDouble ratio = prices(life, now);
    return new Standing(
        life.heldTokens,
        ratio,
        new Why(policy, ghosts.useWins())
            .of(
                life,
                now,
                ratio,
                times.prospect(life.of, life.idleSeconds(now)),
                policy instanceof Lively ? liveliness(life, now) : 0));
  }

  private OptionalDouble prices(Life life, double now) {
    if (!(policy instanceof ByValue) || ghosts.useWins() || life.tier == Residency.TRANSCRIPT) {
      return OptionalDouble.empty();
    }
    double price = level(life.tier).price.price();
    return price > 0
        ? OptionalDouble.of(worth(life, life.tier, life.heldTokens, now) / price)
        : OptionalDouble.empty();
  }

  @Override
  public Optional<RetentionReport> report() {
    return Optional.of(current());
  }

  /** What is going on now. */
  public synchronized RetentionReport current() {
    List<TierReport> each = new ArrayList<>();
    each.add(report(Residency.HOT, use.hot(), use.hotExpected().orElse(use.hot())));
    each.add(report(Residency.WARM, use.warm(), use.warm()));
    each.add(report(Residency.COLD, use.cold(), use.cold()));
    return new RetentionReport(policy.name(), fallenBack(), lives.size(), decisions, each);
  }

  private boolean fallenBack() {
    return policy instanceof ByValue && ghosts.useWins();
  }

  private TierReport report(Residency tier, double used, double expected) {
    Holding holding = level(tier).holding;
    return new TierReport(
        tier,
        holding.sessions(),
        holding.kvTokens(),
        used,
        expected,
        ShadowPrice.TARGET,
        policy instanceof ByValue ? level(tier).price.known() : OptionalDouble.empty(),
        level(tier).departures);
  }
}
