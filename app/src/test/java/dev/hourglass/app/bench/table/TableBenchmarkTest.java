package dev.hourglass.app.bench.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableBenchmarkTest {
  private static final int MOST = 100;

  @Test
  void tellsOfEachWhatItWeighsAndTakes() throws Exception {
    List<String> progress = new ArrayList<>();
    TableReport report = new TableBenchmark(400, 100, 2, progress::add).run();

    JsonNode json = new JsonMapper().readTree(report.json());
    assertThat(json.get("memory")).hasSize(4);
    assertThat(json.get("results")).hasSize(2);
    for (JsonNode result : json.get("results")) {
      for (String measured :
          List.of(
              "touchNanos", "calmGapMillis", "worstCalmGapMillis", "gapMillis", "expiryMillis")) {
        assertThat(result.get(measured).asDouble()).as(measured).isPositive();
      }
    }
    assertThat(json.get("touchRatio").asDouble()).isPositive();
    assertThat(report.text()).contains("session table", "Caffeine", "x the read of the cache");
    assertThat(progress).last().isEqualTo("round 2 of 2 …");
  }

  @ParameterizedTest
  @EnumSource
  void aTouchBeginsTheTimeToLiveAnew(Subject.Kind kind) {
    SteppedClock clock = new SteppedClock();
    Subject subject = kind.of(new SplittableRandom(1), clock, MOST);
    SessionId touched = SessionId.random(new SplittableRandom(2));
    SessionId forgotten = SessionId.random(new SplittableRandom(3));
    subject.add(touched, Duration.ofMinutes(10));
    subject.add(forgotten, Duration.ofMinutes(10));

    clock.moveAhead(Duration.ofMinutes(7));
    assertThat(subject.touch(touched)).isTrue();
    clock.moveAhead(Duration.ofMinutes(7));
    subject.expire();

    assertThat(subject.size()).isEqualTo(1);
    assertThat(subject.touch(touched)).isTrue();
    assertThat(subject.touch(forgotten)).isFalse();
  }
}
