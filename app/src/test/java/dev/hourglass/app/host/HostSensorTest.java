package dev.hourglass.app.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.Reading;
import dev.hourglass.core.load.live.Series;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The machine that the tests run on, which has a processor, memory and time. */
class HostSensorTest {
  private final AtomicLong nanos = new AtomicLong();
  private final HostSensor sensor = new HostSensor(nanos::get);

  @Test
  void theFirstReadingHasTheMemoryOnly() {
    List<Reading> readings = sensor.read();

    assertThat(readings)
        .extracting(Reading::series)
        .containsExactly(new Series(LoadSignal.HOST_MEMORY, Series.HOST));
    assertThat(readings.getFirst().value()).isBetween(0.0, 1.0);
  }

  @Test
  void theNextHasSharesAndRatesSinceThen() {
    var _ = sensor.read();
    nanos.addAndGet(1_000_000_000);
    Reading cpu = null;
    // The kernel counts in hundredths of a second; this takes as many readings as it takes.
    while (cpu == null) {
      for (Reading reading : sensor.read()) {
        assertThat(sensor.series()).contains(reading.series());
        if (reading.series().signal() == LoadSignal.HOST_CPU) {
          cpu = reading;
        }
      }
    }
    assertThat(cpu.value()).isBetween(0.0, 1.0);
  }
}
