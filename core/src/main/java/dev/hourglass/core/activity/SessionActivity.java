package dev.hourglass.core.activity;

import dev.hourglass.core.window.SlidingCounter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The recent life of one session, in a few numbers.
 *
 * <ul>
 *   <li><b>Density</b>: with <i>n</i> messages within {@link #WINDOW}, <i>1 − 2^(−n/2)</i>.
 *   <li><b>Responsiveness</b>: <i>P(gap &gt; silence) · 10 s / (10 s + first text)</i>. The gaps
 *       between an answer and the next message are taken for lognormal, with the mean and spread of
 *       the session's own, older ones forgotten, beside two gaps of what people do (median 131 s, σ
 *       0.98); how long the first text took is averaged.
 *   <li><b>Topic continuity</b>: the cosine of consecutive user turns, nothing below 0, averaged; a
 *       half while there are no two to compare.
 * </ul>
 *
 * <p>Times are of one monotonic clock; where they do go back, nothing happened in between. About
 * 300 bytes with the lexical measure. Thread-safe.
 */
public final class SessionActivity {
  /** Messages within this time are recent. */
  public static final Duration WINDOW = Duration.ofMinutes(10);

  private static final int SLOTS = 4;
  private static final double HALF_DENSITY_MESSAGES = 2;
  private static final double HALF_ANSWER_SECONDS = 10;
  private static final double NANOS = 1e-9;

  // What people do (see docs/retention.md), worth so many gaps of the session's own.
  private static final double USUAL_LOG_GAP = Math.log(131);
  private static final double USUAL_SIGMA = 0.98;
  private static final double USUAL_GAPS = 2;
  private static final double FORGOTTEN_PER_GAP = 0.1;
  private static final double LEAST_GAP_SECONDS = 0.1;

  private static final double NEWEST_SHARE = 0.5;
  private static final double UNKNOWN_CONTINUITY = 0.5;

  // All guarded by this.
  private int turns;
  private long firstNanos;

  /** Messages by time; not there before the second, since most sessions have but one. */
  private @Nullable SlidingCounter messages;

  private long endedNanos;
  private double gaps;
  private double logGaps;
  private double squaredLogGaps;
  private double gapDeviations;
  private double answerSeconds;
  private double continuity = UNKNOWN_CONTINUITY;
  private TopicMeasure measure = TopicMeasure.NONE;
  private @Nullable TopicVector topic;

  /**
   * A turn has ended.
   *
   * @param arrivedNanos when its message came
   * @param firstTextSeconds how long it was until the first text; negative if none came
   */
  public synchronized void turnEnded(long arrivedNanos, long nowNanos, double firstTextSeconds) {
    if (turns == 0) {
      firstNanos = arrivedNanos;
    } else {
      messages = messages();
      messages.add(arrivedNanos);
      gap(Math.log(Math.max(LEAST_GAP_SECONDS, (arrivedNanos - endedNanos) * NANOS)));
    }
    if (firstTextSeconds >= 0) {
      answerSeconds = turns == 0 ? firstTextSeconds : average(answerSeconds, firstTextSeconds);
    }
    endedNanos = turns == 0 ? nowNanos : Math.max(endedNanos, nowNanos);
    turns++;
  }

  private SlidingCounter messages() {
    if (messages != null) {
      return messages;
    }
    SlidingCounter begun = new SlidingCounter(WINDOW.toNanos(), SLOTS);
    if (turns > 0) {
      begun.add(firstNanos);
    }
    return begun;
  }

  private void gap(double logGap) {
    gapDeviations = deviations(logGap);
    double kept = 1 - FORGOTTEN_PER_GAP;
    gaps = gaps * kept + 1;
    logGaps = logGaps * kept + logGap;
    squaredLogGaps = squaredLogGaps * kept + logGap * logGap;
  }

  /** By how many of its standard deviations a gap is longer than the session's own gaps are. */
  private double deviations(double logGap) {
    double count = gaps + USUAL_GAPS;
    double mean = (logGaps + USUAL_GAPS * USUAL_LOG_GAP) / count;
    double ownSpread = squaredLogGaps - 2 * mean * logGaps + gaps * mean * mean;
    double variance = (ownSpread + USUAL_GAPS * USUAL_SIGMA * USUAL_SIGMA) / count;
    return (logGap - mean) / Math.sqrt(variance);
  }

  /** The user turn that came last is about this. */
  public synchronized void topic(TopicVector next) {
    TopicVector before = topic;
    topic = next;
    if (before != null && before.comparableWith(next)) {
      continuity(before.cosine(next), next.measure());
    }
  }

  /** The user turn that came last goes on with the one before to this degree, at most 1. */
  public synchronized void continuity(double cosine, TopicMeasure with) {
    double newest = Math.clamp(cosine, 0, 1);
    continuity = measure == TopicMeasure.NONE ? newest : average(continuity, newest);
    measure = with;
  }

  private static double average(double before, double newest) {
    return before + NEWEST_SHARE * (newest - before);
  }

  /** How active the session is now. */
  public synchronized ActivityScore score(long nowNanos, ActivityWeights weights) {
    if (turns == 0) {
      double untold = weights.topicContinuity() * continuity;
      return new ActivityScore(untold, 0, 0, continuity, measure);
    }
    double density = 1 - Math.pow(0.5, messages().count(nowNanos) / HALF_DENSITY_MESSAGES);
    double silence = Math.max(LEAST_GAP_SECONDS, (nowNanos - endedNanos) * NANOS);
    // The logistic form of the normal distribution, close enough for a score.
    double staying = 1 / (1 + Math.exp(1.702 * deviations(Math.log(silence))));
    double responsiveness = staying * HALF_ANSWER_SECONDS / (HALF_ANSWER_SECONDS + answerSeconds);
    double score =
        weights.density() * density
            + weights.responsiveness() * responsiveness
            + weights.topicContinuity() * continuity;
    return new ActivityScore(score, density, responsiveness, continuity, measure);
  }

  /** The same signals, as they are. */
  public synchronized Covariates covariates(long nowNanos) {
    return new Covariates(
        turns, messages().count(nowNanos), gapDeviations, answerSeconds, continuity, measure);
  }
}
