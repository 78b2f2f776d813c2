package dev.hourglass.app.bench.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ForecastBenchmarkTest {
  @Test
  void everyTickIsMeasuredAndToldInBothForms() throws Exception {
    ForecastBenchmark.Report report = new ForecastBenchmark(10, 7).run();

    assertThat(report.micros()).hasSize(7).isSorted();
    assertThat(report.micros()).allMatch(micros -> micros >= 0);
    assertThat(report.table()).startsWith("one tick of 10 series, ").contains("processor time");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.at("/series").asInt()).isEqualTo(10);
    assertThat(json.at("/ticks").asInt()).isEqualTo(7);
    assertThat(json.at("/medianMicros").asDouble()).isEqualTo(report.micros().get(3));
  }
}
