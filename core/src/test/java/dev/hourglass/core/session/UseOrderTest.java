package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class UseOrderTest {
  /** Of three steps one adds a row, unless it is there; the others use or take out one that is. */
  @Property
  void isInTheOrderOfUse(@ForAll @Size(max = 300) List<@IntRange(max = 299) Integer> life) {
    UseOrder order = new UseOrder();
    List<Integer> model = new ArrayList<>();
    for (int step : life) {
      int row = step / 3;
      boolean there = model.contains(row);
      assertThat(order.has(row)).isEqualTo(there);
      if (there) {
        model.remove((Object) row);
      }
      if (there && step % 3 == 1) {
        order.remove(row);
        continue;
      }
      if (there) {
        order.use(row);
      } else {
        order.add(row);
      }
      model.add(row);
    }

    assertThat(order.size()).isEqualTo(model.size());
    assertThat(forwards(order)).isEqualTo(model);
    assertThat(backwards(order)).isEqualTo(model.reversed());
  }

  private static List<Integer> forwards(UseOrder order) {
    List<Integer> rows = new ArrayList<>();
    for (int row = order.oldest(); row != SessionRows.NONE; row = order.newer(row)) {
      rows.add(row);
    }
    return rows;
  }

  private static List<Integer> backwards(UseOrder order) {
    List<Integer> rows = new ArrayList<>();
    for (int row = order.newest(); row != SessionRows.NONE; row = order.older(row)) {
      rows.add(row);
    }
    return rows;
  }
}
