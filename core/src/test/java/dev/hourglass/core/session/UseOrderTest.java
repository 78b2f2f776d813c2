package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class UseOrderTest {
  /** Of three steps one adds a row; the others use and take back one that is held. */
  @Property
  void isInTheOrderOfUse(@ForAll @Size(max = 300) List<@IntRange(max = 2_999) Integer> life) {
    UseOrder order = new UseOrder();
    List<Integer> model = new ArrayList<>();
    int most = 0;
    for (int step : life) {
      if (step % 3 == 0 || model.isEmpty()) {
        int row = order.add();
        assertThat(model).doesNotContain(row);
        model.add(row);
        most = Math.max(most, model.size());
        assertThat(row).isBetween(0, most - 1);
      } else {
        int at = step / 3 % model.size();
        int row = model.get(at);
        model.subList(at, at + 1).clear();
        if (step % 3 == 1) {
          order.use(row);
          model.add(row);
        } else {
          order.remove(row);
        }
      }
    }

    assertThat(order.size()).isEqualTo(model.size());
    assertThat(forwards(order)).isEqualTo(model);
    assertThat(backwards(order)).isEqualTo(model.reversed());
  }

  private static List<Integer> forwards(UseOrder order) {
    List<Integer> rows = new ArrayList<>();
    for (int row = order.oldest(); row != UseOrder.NONE; row = order.newer(row)) {
      rows.add(row);
    }
    return rows;
  }

  private static List<Integer> backwards(UseOrder order) {
    List<Integer> rows = new ArrayList<>();
    for (int row = order.newest(); row != UseOrder.NONE; row = order.older(row)) {
      rows.add(row);
    }
    return rows;
  }
}
