package dev.hourglass.core.retention.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The sessions whose state is on one tier: in no order, to draw some at random, and in the order of
 * use. Every call costs the same however many there are. Guarded by its {@link LiveRetention}.
 */
final class Holding {
  /**
   * As many as are looked at for one decision. Of so many drawn at random the least is among the
   * lowest twentieth of all in 96 of 100 decisions, as 1 − 0.95^64; LHD draws as many (Beckmann,
   * Chen and Cidon, <cite>LHD: Improving Cache Hit Rate by Maximizing Hit Density</cite>, 2018).
   */
  static final int DRAWN = 64;

  private final RandomGenerator random;
  private final List<Life> lives = new ArrayList<>();
  private final Set<Life> byUse = new LinkedHashSet<>();
  private long kvTokens;

  Holding(RandomGenerator random) {
    this.random = random;
  }

  void add(Life life, int heldTokens) {
    life.place = lives.size();
    life.heldTokens = heldTokens;
    lives.add(life);
    byUse.add(life);
    kvTokens += heldTokens;
  }

  void remove(Life life) {
    Life last = lives.removeLast();
    if (last != life) {
      lives.set(life.place, last);
      last.place = life.place;
    }
    life.place = -1;
    byUse.remove(life);
    kvTokens -= life.heldTokens;
    life.heldTokens = 0;
  }

  void resize(Life life, int heldTokens) {
    kvTokens += heldTokens - life.heldTokens;
    life.heldTokens = heldTokens;
  }

  void used(Life life) {
    byUse.remove(life);
    byUse.add(life);
  }

  int sessions() {
    return lives.size();
  }

  long kvTokens() {
    return kvTokens;
  }

  /** Those used longest ago whom nobody uses, the oldest first. */
  List<Life> oldestIdle(int most) {
    List<Life> oldest = new ArrayList<>();
    // Whoever is in use is few, and is on the way to the other end.
    for (Life life : byUse) {
      if (oldest.size() == most) {
        break;
      }
      if (!life.inUse) {
        oldest.add(life);
      }
    }
    return oldest;
  }

  /**
   * The least and the greatest worth of those whom nobody uses; of all of them where they are few,
   * else of {@value #DRAWN} drawn at random.
   */
  Extremes extremes(ToDoubleFunction<Life> worth) {
    Life least = null;
    double leastWorth = Double.POSITIVE_INFINITY;
    double mostWorth = 0;
    int looks = Math.min(DRAWN, lives.size());
    for (int look = 0; look < looks; look++) {
      Life life = lives.get(lives.size() <= DRAWN ? look : random.nextInt(lives.size()));
      if (!life.inUse) {
        double its = worth.applyAsDouble(life);
        mostWorth = Math.max(mostWorth, its);
        if (its < leastWorth) {
          leastWorth = its;
          least = life;
        }
      }
    }
    return new Extremes(least, least == null ? 0 : leastWorth, mostWorth);
  }

  /** Who is worth least; {@code null} where everybody is used. */
  record Extremes(@Nullable Life least, double leastWorth, double mostWorth) {}
}
