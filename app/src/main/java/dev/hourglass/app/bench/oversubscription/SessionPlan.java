package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What one session will do, drawn before the run, so that every arm meets the same.
 *
 * <p>Whether a session returns and after which gap is drawn as in Mooncake's conversation trace:
 * P(next turn | turn n) = .28 .42 .56 .61 .69, gaps lognormal with a median of 131 s and σ = .98.
 *
 * @param firstSeconds when it comes for the first time
 * @param gapsSeconds from the end of a turn to the next one
 * @param leavesAt the turn, from 1, at whose first text its client goes away for good; 0 for none
 */
record SessionPlan(double firstSeconds, List<Double> gapsSeconds, int leavesAt, long seed) {
  private static final double[] RETURNS = {0.28, 0.42, 0.56, 0.61, 0.69};
  private static final double MEDIAN_GAP_SECONDS = 131;
  private static final double GAP_SIGMA = 0.98;
  private static final int MOST_TURNS = 12;
  private static final double LEAVES = 0.05;

  private static final int FIRST_WORDS = 30;
  private static final int FURTHER_WORDS = 8;
  private static final String[] WORDS = {
    "harbour", "lantern", "winter", "copper", "meadow", "signal", "thread", "marble", "orchard",
    "silence", "compass", "granite", "velvet", "canyon", "ribbon", "anchor", "glacier", "amber"
  };

  /** Returns to expect of a session, and the mean of a gap, by Little's law: those who wait. */
  static final double WAITING_BY_RATE = 0.593 * MEDIAN_GAP_SECONDS * Math.exp(0.98 * 0.98 / 2);

  SessionPlan {
    gapsSeconds = List.copyOf(gapsSeconds);
  }

  /**
   * Sessions that come at random.
   *
   * @param rate of new sessions for each second
   */
  static List<SessionPlan> draw(double rate, int sessions, long seed) {
    Random random = new Random(seed);
    List<SessionPlan> plans = new ArrayList<>();
    double seconds = 0;
    for (int session = 0; session < sessions; session++) {
      seconds += -Math.log(1 - random.nextDouble()) / rate;
      List<Double> gaps = new ArrayList<>();
      while (gaps.size() < MOST_TURNS - 1
          && random.nextDouble() < RETURNS[Math.min(gaps.size(), RETURNS.length - 1)]) {
        gaps.add(MEDIAN_GAP_SECONDS * Math.exp(GAP_SIGMA * random.nextGaussian()));
      }
      int leavesAt = random.nextDouble() < LEAVES ? gaps.size() + 1 : 0;
      plans.add(new SessionPlan(seconds, gaps, leavesAt, random.nextLong()));
    }
    return plans;
  }

  /** What the client says in a turn, from 1. */
  ChatMessage says(int turn) {
    Random random = new Random(seed + turn);
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < (turn == 1 ? FIRST_WORDS : FURTHER_WORDS); word++) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    return new ChatMessage(ChatRole.USER, text.append(random.nextInt(1_000_000)).toString());
  }
}
