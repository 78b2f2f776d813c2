package dev.hourglass.core.load;

import java.util.Arrays;

/**
 * What the timers of live sessions say about how many will live: it knows when each one expires,
 * and learns how many come back before that; of their future it knows nothing.
 *
 * <p>Remaining life is counted in slots of five seconds, up to the longest horizon; whoever has
 * longer is sure to live. With r(b) the share of sessions in slot b that are renewed within five
 * seconds, and F the slots that a session has when it opens or is renewed, the chance to be alive
 * after n steps is
 *
 * <p><i>V(n,b) = 1 for b ≥ n, else r(b)·V(n−1,F) + (1−r(b))·V(n−1,b−1), V(n,−1) = 0, V(n,F) = Σ
 * P(F=b)·V(n,b)</i>
 *
 * <p>and the forecast <i>Σ V(n,b) over live sessions + λ·Σ V(n−i,F), i = 1 … n</i>, with λ new
 * sessions a step. This is the actuary's life table (E. L. Kaplan, P. Meier, <i>Nonparametric
 * estimation from incomplete observations</i>, 1958, in discrete time) beside the M/G/∞ count of
 * arrivals that stay. r, F and λ are discounted counts, r(b) shrunk towards the share of all slots.
 *
 * <p>At each tick, before {@link Forecaster#tick}, it is told of every live session once.
 */
public final class SessionTimers implements Expert {
  private static final int SLOTS = TimerCensus.SLOTS;

  /** Per tick: what was seen a quarter of an hour ago counts a third. */
  private static final double MEMORY = 0.995;

  /** Arrivals change faster than habits: λ averages about two minutes. */
  private static final double ARRIVAL_SMOOTHING = 1.0 / 24;

  /** How many sessions' worth of evidence the share of all slots is, for one slot. */
  private static final double PRIOR_SESSIONS = 20;

  private int[] live = new int[SLOTS + 1];
  private int[] liveBefore = new int[SLOTS + 1];
  private final double[] exposed = new double[SLOTS + 1];
  private final double[] renewals = new double[SLOTS + 1];
  private final double[] fresh = new double[SLOTS + 1];
  private int opened;
  private int ticks;
  private double openedPerTick;
  private final double[] forecastsByStep = new double[SLOTS + 1];

  /** What was seen at a tick; called once before it. */
  public void tell(TimerCensus census) {
    for (int slot = 0; slot <= SLOTS; slot++) {
      live[slot] = census.live(slot);
      renewals[slot] += census.renewals(slot);
      fresh[slot] += census.fresh(slot);
    }
    opened = census.opened();
  }

  @Override
  public String method() {
    return "timer";
  }

  @Override
  public Family family() {
    return Family.TIMER;
  }

  @Override
  public void observe(LoadHistory history) {
    ticks++;
    openedPerTick += Math.max(ARRIVAL_SMOOTHING, 1.0 / ticks) * (opened - openedPerTick);
    for (int slot = 0; slot <= SLOTS; slot++) {
      exposed[slot] += liveBefore[slot];
    }
    project();
    forget();
  }

  private void project() {
    double exposedInAll = Arrays.stream(exposed).sum();
    double share = exposedInAll > 0 ? Arrays.stream(renewals).sum() / exposedInAll : 0;
    double freshInAll = Arrays.stream(fresh).sum();
    double[] alive = new double[SLOTS + 1];
    double[] before = new double[SLOTS + 1];
    Arrays.fill(before, 1);
    double freshBefore = 1;
    double arrivals = 0;
    for (int step = 1; step <= SLOTS; step++) {
      arrivals += openedPerTick * freshBefore;
      double freshAlive = 0;
      for (int slot = 0; slot <= SLOTS; slot++) {
        double renewed =
            (renewals[slot] + PRIOR_SESSIONS * share) / (exposed[slot] + PRIOR_SESSIONS);
        double kept = slot == 0 ? 0 : before[slot - 1];
        alive[slot] = slot >= step ? 1 : renewed * freshBefore + (1 - renewed) * kept;
        freshAlive += freshInAll > 0 ? fresh[slot] / freshInAll * alive[slot] : 0;
      }
      forecastsByStep[step] = arrivals + stayingAlive(alive);
      double[] spare = before;
      before = alive;
      alive = spare;
      freshBefore = freshInAll > 0 ? freshAlive : 1;
    }
  }

  private double stayingAlive(double[] alive) {
    double sum = 0;
    for (int slot = 0; slot <= SLOTS; slot++) {
      sum += live[slot] * alive[slot];
    }
    return sum;
  }

  private void forget() {
    for (int slot = 0; slot <= SLOTS; slot++) {
      exposed[slot] *= MEMORY;
      renewals[slot] *= MEMORY;
      fresh[slot] *= MEMORY;
    }
    opened = 0;
    int[] spare = liveBefore;
    liveBefore = live;
    live = spare;
    Arrays.fill(live, 0);
  }

  @Override
  public double forecast(Horizon horizon) {
    return forecastsByStep[horizon.steps()];
  }
}
