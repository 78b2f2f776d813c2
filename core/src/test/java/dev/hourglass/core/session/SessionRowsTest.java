package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SessionRowsTest {
  private final SessionRows rows = new SessionRows();

  /** A step adds a session, or takes its row back where it has one. */
  @Property(tries = 300)
  void eachSessionHasARowOfItsOwnWhileItIsThere(
      @ForAll @Size(max = 500) List<@IntRange(max = 99) Integer> life) {
    SessionRows rows = new SessionRows();
    SplittableRandom random = new SplittableRandom(7);
    List<SessionId> ids = Stream.generate(() -> SessionId.random(random)).limit(100).toList();
    Map<SessionId, Integer> model = new HashMap<>();
    int most = 0;
    for (int step : life) {
      SessionId id = ids.get(step);
      Integer held = model.remove(id);
      if (held == null) {
        int row = rows.add(id);
        most = Math.max(most, model.size() + 1);
        assertThat(model.values()).doesNotContain(row);
        assertThat(row).isBetween(0, most - 1);
        model.put(id, row);
      } else {
        rows.remove(held);
      }
    }

    assertThat(rows.size()).isEqualTo(model.size());
    for (SessionId id : ids) {
      assertThat(rows.find(id)).isEqualTo(model.getOrDefault(id, SessionRows.NONE));
    }
    model.forEach((id, row) -> assertThat(rows.at(row)).isEqualTo(id));
  }

  @Test
  void aRowGivenBackIsTheNextThatIsGiven() {
    SessionId first = new SessionId("sess_AAAAAAAAAAAAAAAAAAAAAAAA");
    SessionId second = new SessionId("sess_BBBBBBBBBBBBBBBBBBBBBBBB");
    int row = rows.add(first);
    rows.add(second);
    rows.remove(row);

    assertThat(rows.add(first)).isEqualTo(row);
  }

  @Test
  void aSessionAddedTwiceIsFoundInItsSecondRowOnly() {
    SessionId id = new SessionId("sess_AAAAAAAAAAAAAAAAAAAAAAAA");
    int before = rows.add(id);
    int row = rows.add(id);
    rows.remove(before);

    assertThat(rows.find(id)).isEqualTo(row);
  }

  /** The key of both is made of the last bits, too, so that one is not taken for the other. */
  @Test
  void idsThatDifferInTheirLastBitsAreToldApart() {
    SessionId id = new SessionId("sess_AAAAAAAAAAAAAAAAAAAAAAAA");
    SessionId other = new SessionId("sess_AAAAAAAAAAAAAAAAAAAAAAAB");
    int row = rows.add(id);

    assertThat(rows.find(other)).isEqualTo(SessionRows.NONE);
    assertThat(rows.add(other)).isNotEqualTo(row);
    assertThat(rows.find(id)).isEqualTo(row);
  }
}
