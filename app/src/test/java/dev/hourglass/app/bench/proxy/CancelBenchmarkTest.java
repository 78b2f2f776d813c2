package dev.hourglass.app.bench.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.host.ExpectedFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class CancelBenchmarkTest {
  @Test
  void countsEveryClientThatLeaves() throws Exception {
    try (StallingServer upstream = new StallingServer()) {
      CancelBenchmark.Report report = new CancelBenchmark(upstream).run(upstream.port(), 5);

      assertThat(report.clients()).isEqualTo(5);
      assertThat(report.most()).isGreaterThanOrEqualTo(report.median()).isPositive();
      assertThat(report.json()).contains("\"clients\":5");
      assertThat(report.text()).startsWith("5 clients left");
      assertThat(upstream.hangUps()).isEmpty();
    }
  }

  @Test
  void aStreamThatEndsBeforeItsFirstTokenIsNoMeasurement() throws Exception {
    try (StallingServer upstream = new StallingServer();
        ServerSocket rude = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      var answer =
          new FutureTask<>(() -> {
            try (var client = rude.accept()) {
              client.getOutputStream().write("no".getBytes(StandardCharsets.US_ASCII));
              client.shutdownOutput();
              return client.getInputStream().readAllBytes();
            }
          });
      Thread.ofVirtual().start(answer);

      assertThatThrownBy(() -> new CancelBenchmark(upstream).run(rude.getLocalPort(), 1))
          .isInstanceOf(ExpectedFailure.class)
          .hasMessageContaining("ended before its first token");
    }
  }
}
