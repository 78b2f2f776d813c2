package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdTest {
  @Property
  void whatIsWrittenIsReadAsTheSame(@ForAll long seed) {
    SessionId drawn = SessionId.random(new SplittableRandom(seed));

    SessionId read = new SessionId(drawn.value());

    assertThat(drawn.value()).matches("sess_[A-Za-z0-9_-]{24}");
    assertThat(read).isEqualTo(drawn).hasSameHashCodeAs(drawn).isEqualByComparingTo(drawn);
    assertThat(read.keyHigh()).isEqualTo(drawn.keyHigh());
    assertThat(read.keyLow()).isEqualTo(drawn.keyLow());
  }

  /** The 144 bits are all of it: another character anywhere is another id, and another key. */
  @Property
  void everyCharacterCounts(@ForAll long seed) {
    SessionId drawn = SessionId.random(new SplittableRandom(seed));
    char[] written = drawn.value().toCharArray();
    int at = 5 + new Random(seed).nextInt(24);
    written[at] = written[at] == 'A' ? 'B' : 'A';

    SessionId other = new SessionId(new String(written));

    assertThat(other).isNotEqualTo(drawn);
    assertThat(other.compareTo(drawn)).isEqualTo(-drawn.compareTo(other)).isNotZero();
    assertThat(other.keyHigh() == drawn.keyHigh() && other.keyLow() == drawn.keyLow()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sess_",
        "sess_AAAAAAAAAAAAAAAAAAAAAAA",
        "sess_AAAAAAAAAAAAAAAAAAAAAAAAA",
        "sess_AAAAAAAAAAAAAAAAAAAAAAA=",
        "sess_AAAAAAAAAAAAAAAAAAAAAAA/",
        "sess-AAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void whatIsNoIdIsRefused(String text) {
    assertThat(SessionId.parse(text)).isEmpty();
    assertThatThrownBy(() -> new SessionId(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: sess_ and 24 URL-safe characters");
  }
}
