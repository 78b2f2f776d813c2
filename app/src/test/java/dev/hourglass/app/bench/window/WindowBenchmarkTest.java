package dev.hourglass.app.bench.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.app.host.ExpectedFailure;
import org.junit.jupiter.api.Test;

class WindowBenchmarkTest {
  @Test
  void measuresEveryKind() throws ExpectedFailure {
    WindowBenchmark.Report report = new WindowBenchmark(2_000, 1).run();

    assertThat(report.rows())
        .extracting(WindowBenchmark.Row::kind)
        .containsExactly(
            "sliding counter, 1 slot",
            "sliding counter, 60 slots",
            "exact counter",
            "tumbling, 1 min",
            "sliding, 1 min / 10 s",
            "sessions, gap 10 ms");
    assertThat(report.table()).contains("ns/event").contains("sessions, gap 10 ms");
    assertThat(report.json()).contains("\"events\":2000");
  }
}
