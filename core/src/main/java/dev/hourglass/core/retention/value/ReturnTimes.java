package dev.hourglass.core.retention.value;

import java.util.Arrays;

/**
 * When sessions return, learned from those that did and those that did not yet.
 *
 * <p>The time since last use is cut into bins that grow with it. For each bin the hazard is the
 * number of returns in it over the number of sessions that were at risk (Kaplan and Meier,
 * <cite>Nonparametric Estimation from Incomplete Observations</cite>, 1958), so that sessions which
 * have not returned are censored and not ignored. A class borrows from all classes with as many
 * turns and the same pace, these from those with as many turns, these from all sessions, and these
 * from a {@link Prior}: first how often the broader one returns is scaled to the class, which takes
 * few sessions to see; then each bin is estimated as the mean of a gamma distribution whose prior
 * has seen {@value #PRIOR_RETURNS_OF_A_BIN} returns at that hazard (conjugate to the Poisson;
 * Gelman et al., <cite>Bayesian Data Analysis</cite>, 3rd ed., 2.6). What was seen is forgotten
 * with a half-life.
 *
 * <p>What keeping is worth follows as hits for each second of memory, in the form of Gittins:
 *
 * <pre>  G(a) = max over H of  P(T ≤ a + H | T &gt; a) / E[min(T − a, H) | T &gt; a]  </pre>
 *
 * <p>Not thread-safe.
 */
public final class ReturnTimes {
  /** So often it pays to estimate anew. */
  public static final double REFRESH_SECONDS = 20;

  /** Whoever has not returned for so long is given up. */
  public static final double FORGET_SECONDS = 3_600;

  /** Bins: the first second, then each so much longer than the one before. */
  static final int BINS = 32;

  /** Returns that a broader class stands for in one bin of a narrower one. */
  static final double PRIOR_RETURNS_OF_A_BIN = 3;

  /** Returns that it stands for where all bins are compared at once. */
  static final double PRIOR_RETURNS_OF_A_CLASS = 5;

  private static final double GROWTH = 1.32;
  private static final double HALF_LIFE_SECONDS = 2_700;
  private static final double LEAST_HAZARD = 1e-9;

  // A guess for those of whom nothing is known yet: half return, as late as people do.
  private static final double PRIOR_CHANCE = 0.4;
  private static final double PRIOR_MEDIAN_SECONDS = 130;
  private static final double PRIOR_SIGMA = 1;

  private final double[] ends = new double[BINS];
  private final double[][] returns = new double[ReturnClass.COUNT][BINS];
  private final double[][] atRisk = new double[ReturnClass.COUNT][BINS];
  private final double[][] waiting = new double[ReturnClass.COUNT][BINS];
  private final double[][] hazards = new double[ReturnClass.COUNT][BINS];
  private final double[][] worth = new double[ReturnClass.COUNT][BINS];
  private final double[] prior;
  private double lastSeconds;

  /** What is taken to be true until something was seen: two in five sessions return. */
  public enum Prior {
    /** As late as people do: lognormal, half of them within {@value #PRIOR_MEDIAN_SECONDS} s. */
    PEOPLE,
    /** Any order of magnitude of the time is as likely as any other. */
    FLAT
  }

  /** Begins with the prior of people. */
  public ReturnTimes() {
    this(Prior.PEOPLE);
  }

  /** Begins with a prior. */
  public ReturnTimes(Prior before) {
    double end = 1;
    for (int bin = 0; bin < BINS; bin++) {
      ends[bin] = end;
      end *= GROWTH;
    }
    prior = hazard(before);
    estimate();
  }

  /** A session of a class was used again, so long after its last use. */
  public void returned(ReturnClass of, double afterSeconds) {
    int last = bin(afterSeconds);
    double[] exposed = atRisk[of.index()];
    for (int bin = 0; bin <= last; bin++) {
      exposed[bin]++;
    }
    returns[of.index()][last]++;
  }

  /** A session is given up: it has not returned for so long, and is not watched any more. */
  public void censored(ReturnClass of, double afterSeconds) {
    censored(of.index(), bin(afterSeconds), 1);
  }

  void censored(int index, int binReached, double sessions) {
    double[] exposed = atRisk[index];
    for (int bin = 0; bin < binReached; bin++) {
      exposed[bin] += sessions;
    }
  }

  /** Sessions that wait now, and for how long; they count until the next refresh. */
  public interface Waiting {
    void each(Visitor visitor);

    /** Told of one waiting session. */
    interface Visitor {
      void waits(ReturnClass of, double sinceSeconds);
    }
  }

  /**
   * Estimates anew.
   *
   * @param nowSeconds on the clock of the caller, which does not go back
   */
  public void refresh(double nowSeconds, Waiting sessions) {
    double kept = Math.pow(0.5, Math.max(0, nowSeconds - lastSeconds) / HALF_LIFE_SECONDS);
    lastSeconds = Math.max(lastSeconds, nowSeconds);
    for (int index = 0; index < ReturnClass.COUNT; index++) {
      for (int bin = 0; bin < BINS; bin++) {
        returns[index][bin] *= kept;
        atRisk[index][bin] *= kept;
      }
      Arrays.fill(waiting[index], 0);
    }
    sessions.each((of, sinceSeconds) -> waits(of.index(), bin(sinceSeconds), 1));
    exposeWaiting();
    estimate();
  }

  /** Like the other refresh, of sessions that are counted already. */
  void refresh(double nowSeconds, WaitingSessions sessions) {
    refresh(nowSeconds, (Waiting) _ -> sessions.countInto(this, nowSeconds));
  }

  /** Counts sessions at the bin that they have reached, while {@link #refresh} asks for them. */
  void waits(int index, int binReached, double sessions) {
    waiting[index][binReached] += sessions;
  }

  /** Whoever has reached a bin was at risk in all before it. */
  private void exposeWaiting() {
    for (double[] reached : waiting) {
      double later = 0;
      for (int bin = BINS - 1; bin >= 0; bin--) {
        double here = reached[bin];
        reached[bin] = later;
        later += here;
      }
    }
  }

  /** From all sessions to those with as many turns, of one pace, and of one size. */
  private void estimate() {
    double[] global = shrunk(0, ReturnClass.COUNT, prior);
    int ofTurns = ReturnClass.PACES * ReturnClass.SIZES;
    for (int first = 0; first < ReturnClass.COUNT; first += ofTurns) {
      double[] turns = shrunk(first, ofTurns, global);
      for (int ofPace = first; ofPace < first + ofTurns; ofPace += ReturnClass.SIZES) {
        double[] pace = shrunk(ofPace, ReturnClass.SIZES, turns);
        for (int index = ofPace; index < ofPace + ReturnClass.SIZES; index++) {
          hazards[index] = shrunk(index, 1, pace);
          worth[index] = worth(hazards[index]);
        }
      }
    }
  }

  /** The hazard of so many classes from the first on, seen from a broader one. */
  private double[] shrunk(int first, int classes, double[] towards) {
    double[] events = new double[BINS];
    double[] exposed = new double[BINS];
    double seen = PRIOR_RETURNS_OF_A_CLASS;
    double expected = PRIOR_RETURNS_OF_A_CLASS;
    for (int bin = 0; bin < BINS; bin++) {
      for (int index = first; index < first + classes; index++) {
        events[bin] += returns[index][bin];
        exposed[bin] += atRisk[index][bin] + waiting[index][bin];
      }
      seen += events[bin];
      expected += exposed[bin] * towards[bin];
    }
    double scale = seen / expected;
    double[] hazard = new double[BINS];
    for (int bin = 0; bin < BINS; bin++) {
      double sessions = PRIOR_RETURNS_OF_A_BIN / Math.clamp(scale * towards[bin], LEAST_HAZARD, 1);
      hazard[bin] = (events[bin] + PRIOR_RETURNS_OF_A_BIN) / (exposed[bin] + sessions);
    }
    return hazard;
  }

  private double[] hazard(Prior of) {
    double[] hazard = new double[BINS];
    double before = 0;
    for (int bin = 0; bin < BINS; bin++) {
      double until =
          PRIOR_CHANCE
              * switch (of) {
                case PEOPLE -> lognormal(ends[bin]);
                case FLAT -> (bin + 1.0) / BINS;
              };
      hazard[bin] = (until - before) / (1 - before);
      before = until;
    }
    return hazard;
  }

  private static double lognormal(double seconds) {
    double z = (Math.log(seconds) - Math.log(PRIOR_MEDIAN_SECONDS)) / PRIOR_SIGMA;
    // The logistic form of the normal distribution, close enough for a guess.
    return 1 / (1 + Math.exp(-1.702 * z));
  }

  /** The best rate of hits from each bin on, over every horizon. */
  private double[] worth(double[] hazard) {
    double[] best = new double[BINS];
    for (int from = 0; from < BINS; from++) {
      double alive = 1;
      double seconds = 0;
      for (int bin = from; bin < BINS; bin++) {
        double width = ends[bin] - (bin == 0 ? 0 : ends[bin - 1]);
        double returned = alive * hazard[bin];
        seconds += (alive - returned / 2) * width;
        alive -= returned;
        best[from] = Math.max(best[from], (1 - alive) / seconds);
      }
    }
    return best;
  }

  /**
   * G: hits for each second of memory, of a session last used so long ago; between the ages at
   * which bins begin, in proportion, so that of two sessions in one bin the one used later differs.
   */
  public double worth(ReturnClass of, double sinceSeconds) {
    double[] each = worth[of.index()];
    int bin = bin(sinceSeconds);
    if (bin == BINS - 1) {
      return each[bin];
    }
    double start = bin == 0 ? 0 : ends[bin - 1];
    double part = Math.clamp((sinceSeconds - start) / (ends[bin] - start), 0, 1);
    return each[bin] + part * (each[bin + 1] - each[bin]);
  }

  /** What is expected of a session last used so long ago. */
  public Prospect prospect(ReturnClass of, double sinceSeconds) {
    double[] hazard = hazards[of.index()];
    double half = Double.NaN;
    double alive = 1;
    for (int bin = bin(sinceSeconds); bin < BINS; bin++) {
      alive *= 1 - hazard[bin];
      if (Double.isNaN(half) && alive <= 0.5) {
        half = ends[bin] - sinceSeconds;
      }
    }
    return new Prospect(1 - alive, half);
  }

  int bin(double seconds) {
    if (seconds < 1) {
      return 0;
    }
    int bin = 1 + (int) (Math.log(seconds) / Math.log(GROWTH));
    return Math.min(bin, BINS - 1);
  }
}
