package dev.hourglass.core.retention.policy;

import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.session.Residency;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What retention does at one moment.
 *
 * @param policy its name
 * @param fallenBack whether {@code value} goes by last use at present, since that would have kept
 *     more
 * @param watched sessions that are known, also those whose state is gone
 * @param decisions how many times a state was chosen to go
 */
public record RetentionReport(
    String policy, boolean fallenBack, int watched, long decisions, List<TierReport> tiers) {
  public RetentionReport {
    tiers = List.copyOf(tiers);
  }

  /** One of the three tiers that hold state. */
  public TierReport of(Residency tier) {
    return tiers.stream().filter(each -> each.tier() == tier).findFirst().orElseThrow();
  }

  /**
   * One tier.
   *
   * @param kvTokens tokens of the states that it holds
   * @param used how full it is
   * @param expected how full it is foreseen to be
   * @param target above which its price rises
   * @param price λ, in seconds saved for each second that a thousand tokens are held; empty while
   *     nobody was ever short of room
   * @param departures states that left it, by reason
   */
  public record TierReport(
      Residency tier,
      int sessions,
      long kvTokens,
      double used,
      double expected,
      double target,
      OptionalDouble price,
      Map<Departure, Long> departures) {
    public TierReport {
      departures = Map.copyOf(departures);
    }
  }
}
