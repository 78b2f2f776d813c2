package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class HashIndexTest {
  /** A step of a life: {@code value} put under the key, or taken away from it. */
  record Step(boolean put, long high, long low, int value) {}

  private record Key(long high, long low) {}

  /** Which keys a row has; a row keeps one that no longer leads to it. */
  private final Map<Integer, Set<Key>> keys = new HashMap<>();

  private final HashIndex index = indexOfKeys(0);

  private HashIndex indexOfKeys(long seed) {
    return new HashIndex(
        (row, high, low) -> keys.getOrDefault(row, Set.of()).contains(new Key(high, low)),
        new SplittableRandom(seed));
  }

  private void put(HashIndex into, long high, long low, int row) {
    keys.computeIfAbsent(row, _ -> new HashSet<>()).add(new Key(high, low));
    into.put(high, low, row);
  }

  /** So few keys that they meet often, whatever the secret is. */
  @Provide
  Arbitrary<List<Step>> lives() {
    return Combinators.combine(
            Arbitraries.of(true, true, false),
            Arbitraries.longs().between(-3, 3),
            Arbitraries.longs().between(-10, 10),
            Arbitraries.integers().between(0, 2))
        .as(Step::new)
        .list()
        .ofMaxSize(1_000);
  }

  @Property(tries = 300)
  void knowsWhatAMapKnows(@ForAll("lives") List<Step> life, @ForAll long seed) {
    HashIndex index = indexOfKeys(seed);
    Map<Key, Integer> model = new HashMap<>();
    for (Step step : life) {
      Key key = new Key(step.high(), step.low());
      if (step.put()) {
        put(index, step.high(), step.low(), step.value());
        model.put(key, step.value());
      } else {
        index.remove(step.high(), step.low(), step.value());
        model.remove(key, step.value());
      }
    }

    assertThat(index.size()).isEqualTo(model.size());
    for (long high = -3; high <= 3; high++) {
      for (long low = -10; low <= 10; low++) {
        assertThat(index.find(high, low))
            .isEqualTo(model.getOrDefault(new Key(high, low), HashIndex.NONE));
      }
    }
  }

  @Test
  void aKeyThatLeadsElsewhereStays() {
    put(index, 1, 2, 3);

    index.remove(1, 2, 4);

    assertThat(index.find(1, 2)).isEqualTo(3);
  }

  @Test
  void neitherHalfOfAKeyIsEnough() {
    put(index, 1, 2, 3);

    assertThat(index.find(1, 3)).isEqualTo(HashIndex.NONE);
    assertThat(index.find(2, 2)).isEqualTo(HashIndex.NONE);
  }

  @Test
  void keysInARowDoNotLieInARow() {
    int many = 100_000;
    for (int key = 0; key < many; key++) {
      put(index, 0, key, key);
    }

    for (int key = 0; key < many; key++) {
      assertThat(index.find(0, key)).isEqualTo(key);
    }
    assertThat(index.find(0, many)).isEqualTo(HashIndex.NONE);
  }

  @Test
  void aHashIsNotTakenForAKey() {
    HashIndex ofOthers = new HashIndex((_, _, _) -> false, new SplittableRandom(1));
    ofOthers.put(1, 2, 3);

    assertThat(ofOthers.find(1, 2)).isEqualTo(HashIndex.NONE);
  }
}
