package dev.hourglass.core.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PersistentMapTest {
  @Property
  void tellsTheSameAsATreeMapAndItsEarlierSelvesStayAsTheyWere(
      @ForAll @Size(max = 200) List<@IntRange(min = -30, max = 30) Integer> steps) {
    PersistentMap<Integer, Integer> map = PersistentMap.empty();
    Map<Integer, Integer> model = new TreeMap<>();
    List<PersistentMap<Integer, Integer>> earlier = new ArrayList<>();
    List<List<Integer>> earlierValues = new ArrayList<>();
    int value = 0;
    for (int step : steps) {
      earlier.add(map);
      earlierValues.add(map.values());
      if (step > 0) {
        map = map.with(step, ++value);
        model.put(step, value);
      } else {
        map = map.without(-step);
        model.remove(-step);
      }
      assertThat(map.size()).isEqualTo(model.size());
      assertThat(map.values()).containsExactlyElementsOf(model.values());
      assertThat(map.get(Math.abs(step))).isEqualTo(model.get(Math.abs(step)));
      assertThat(map.first()).isEqualTo(model.isEmpty() ? null : model.values().iterator().next());
    }
    for (int index = 0; index < earlier.size(); index++) {
      assertThat(earlier.get(index).values()).isEqualTo(earlierValues.get(index));
    }
  }

  @Test
  void staysLow() {
    PersistentMap<Integer, String> map = PersistentMap.empty();
    for (int key = 0; key < 100_000; key++) {
      map = map.with(key, "");
    }
    assertThat(map.height()).as("log2 of 100,000 is 16.6").isLessThanOrEqualTo(24);
    for (int key = 0; key < 99_000; key++) {
      map = map.without(key);
    }
    assertThat(map.height()).isLessThanOrEqualTo(15);
    assertThat(map.size()).isEqualTo(1_000);
  }
}
