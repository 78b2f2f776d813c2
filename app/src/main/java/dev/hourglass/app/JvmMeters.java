package dev.hourglass.app;

import com.sun.management.ThreadMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.lang.management.ManagementFactory;

/** What the Java runtime uses, among the metrics. Listens to the collector until closed. */
final class JvmMeters implements AutoCloseable {
  private final JvmGcMetrics collector = new JvmGcMetrics();

  private JvmMeters() {}

  static JvmMeters show(MeterRegistry registry) {
    JvmMeters meters = new JvmMeters();
    meters.collector.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads) {
      FunctionCounter.builder(
              "hourglass.jvm.allocated.bytes", threads, ThreadMXBean::getTotalThreadAllocatedBytes)
          .description("Bytes allocated on the heap by platform threads")
          .register(registry);
    }
    return meters;
  }

  @Override
  public void close() {
    collector.close();
  }
}
