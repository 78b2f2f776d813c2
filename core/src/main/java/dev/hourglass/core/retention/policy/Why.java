package dev.hourglass.core.retention.policy;

import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.policy.RetentionPolicy.ByValue;
import dev.hourglass.core.retention.policy.RetentionPolicy.FixedTtl;
import dev.hourglass.core.retention.policy.RetentionPolicy.LeastRecent;
import dev.hourglass.core.retention.policy.RetentionPolicy.Lively;
import dev.hourglass.core.retention.policy.RetentionPolicy.TieredTtl;
import dev.hourglass.core.retention.value.Prospect;
import dev.hourglass.core.session.Residency;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;

/** The sentence that tells people why a session's state is kept, or why it went. */
record Why(RetentionPolicy policy, boolean fallenBack) {
  String of(Life life, double nowSeconds, OptionalDouble prices, Prospect prospect, double score) {
    if (life.inUse) {
      return "kept HOT: in use";
    }
    if (life.tier == Residency.TRANSCRIPT) {
      return gone(life);
    }
    String kept = "kept " + life.tier + ": " + reason(life, nowSeconds, prices, prospect, score);
    return life.tier == Residency.HOT || life.departure == null
        ? kept
        : kept + "; it left " + life.departedFrom + " since " + cause(life.departure);
  }

  private static String gone(Life life) {
    if (life.departure == null) {
      return life.turns == 0
          ? "transcript only: not used yet"
          : "transcript only: the engine let its state go";
    }
    return "went from %s to transcript only: %s"
        .formatted(life.departedFrom, cause(life.departure));
  }

  private static String cause(Departure departure) {
    return switch (departure) {
      case ROOM -> "others needed the room and were worth more";
      case PRICE -> "it was worth less than λ";
      case TTL -> "it was idle for its whole TTL";
      case SHORT -> "it is so short that computing it again is no slower";
      case REFUSED -> "its snapshot could not be put back";
    };
  }

  private String reason(
      Life life, double nowSeconds, OptionalDouble prices, Prospect prospect, double score) {
    double idle = life.idleSeconds(nowSeconds);
    return switch (policy) {
      case FixedTtl(Duration most) -> ttl(idle, most);
      case TieredTtl(Duration hot, Duration cold) ->
          ttl(idle, life.tier == Residency.HOT ? hot : cold);
      case LeastRecent _ -> "used " + time(idle) + " ago, whoever was used before goes first";
      case Lively _ -> String.format(Locale.ROOT, "activity %.2f, the least goes first", score);
      case ByValue _ ->
          fallenBack
              ? "used " + time(idle) + " ago, by which more comes back than by worth at present"
              : worth(prices) + ", " + expectation(prospect);
    };
  }

  private static String ttl(double idle, Duration most) {
    return "idle for %s of %s".formatted(time(idle), time(most.toNanos() / 1e9));
  }

  private static String worth(OptionalDouble prices) {
    if (prices.isEmpty()) {
      return "there is room";
    }
    double ratio = prices.getAsDouble();
    return ratio >= 100
        ? "worth over 100 λ"
        : String.format(Locale.ROOT, ratio < 0.1 ? "worth %.2f λ" : "worth %.1f λ", ratio);
  }

  private static String expectation(Prospect prospect) {
    return Double.isNaN(prospect.halfWithinSeconds())
        ? String.format(
            Locale.ROOT, "comes back with a chance of %.0f %%", 100 * prospect.everReturns())
        : "likely back within " + time(prospect.halfWithinSeconds());
  }

  /** Rounded up, as people say it. */
  private static String time(double seconds) {
    if (seconds < 90) {
      return (long) Math.ceil(seconds) + " s";
    }
    return seconds < 5_400
        ? (long) Math.ceil(seconds / 60) + " min"
        : (long) Math.ceil(seconds / 3_600) + " h";
  }
}
