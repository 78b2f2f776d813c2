package dev.hourglass.engine.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static final String EVENTS =
      "data: {\"a\":\"é\"}\n\n: a comment\n\nevent: x\r\ndata:two\r\n\r\ndata: [DONE]\n\n";

  @Property(tries = 300)
  void cutsTheSameEventsHoweverTheyArrive(
      @ForAll @Size(max = 12) List<@IntRange(min = 1, max = 30) Integer> cuts) {
    byte[] bytes = EVENTS.getBytes(StandardCharsets.UTF_8);
    EventStream stream = new EventStream(1_000);
    StringBuilder together = new StringBuilder();
    List<@Nullable String> data = new ArrayList<>();
    int from = 0;
    for (int index = 0; from < bytes.length; index++) {
      int length = index < cuts.size() ? cuts.get(index) : bytes.length;
      int to = Math.min(bytes.length, from + length);
      assertThat(stream.add(Arrays.copyOfRange(bytes, from, to))).isTrue();
      for (EventStream.Event event = stream.next(); event != null; event = stream.next()) {
        together.append(text(event.bytes(), event.from(), event.to()));
        EventStream.Span span = event.data();
        data.add(span == null ? null : text(event.bytes(), span.from(), span.to()));
      }
      from = to;
    }

    assertThat(together).hasToString(EVENTS);
    assertThat(data).containsExactly("{\"a\":\"é\"}", null, "two", "[DONE]");
    assertThat(stream.pending()).isZero();
  }

  @Test
  void refusesAnEventLongerThanEventsMayBe() {
    EventStream stream = new EventStream(10);

    assertThat(stream.add("data: 1".getBytes(StandardCharsets.UTF_8))).isTrue();
    assertThat(stream.next()).isNull();
    assertThat(stream.add("2345".getBytes(StandardCharsets.UTF_8))).isFalse();
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
