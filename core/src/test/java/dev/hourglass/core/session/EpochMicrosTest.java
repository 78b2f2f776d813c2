package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EpochMicrosTest {
  @Test
  void aMomentComesBackToTheMicrosecond() {
    Instant moment = Instant.parse("1969-07-20T20:17:40.123456Z");

    assertThat(EpochMicros.instant(EpochMicros.of(moment))).isEqualTo(moment);
    assertThat(EpochMicros.of(moment.plusNanos(999))).isEqualTo(EpochMicros.of(moment));
  }

  @Test
  void whatIsBeyondIsTheEndOfTime() {
    assertThat(EpochMicros.instant(EpochMicros.of(Instant.MAX))).isEqualTo(Instant.MAX);
    assertThat(EpochMicros.of(Instant.MIN)).isEqualTo(Long.MIN_VALUE);
    assertThat(EpochMicros.of(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
    long now = EpochMicros.of(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(EpochMicros.plus(now, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    assertThat(EpochMicros.plus(Long.MAX_VALUE, 1)).isEqualTo(Long.MAX_VALUE);
    assertThat(EpochMicros.plus(-5, 3)).isEqualTo(-2);
  }
}
