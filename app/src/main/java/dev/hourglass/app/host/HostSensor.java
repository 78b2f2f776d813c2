package dev.hourglass.app.host;

import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.Reading;
import dev.hourglass.core.load.live.Sensor;
import dev.hourglass.core.load.live.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.GlobalMemory;
import oshi.hardware.HardwareAbstractionLayer;
import oshi.hardware.NetworkIF;

/**
 * What the machine says of itself, through OSHI. Shares and rates are those since the reading
 * before, so that the first reading has the memory only.
 */
public final class HostSensor implements Sensor {
  private final LongSupplier nanoClock;
  private @Nullable HardwareAbstractionLayer machine;
  private @Nullable Counters before;

  /**
   * Creates a sensor; OSHI is loaded when it is first read.
   *
   * @param nanoClock a monotonic clock
   */
  public HostSensor(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  private record Counters(List<Long> processorTicks, long networkBytes, long atNanos) {}

  @Override
  public String name() {
    return "host";
  }

  @Override
  public Set<Series> series() {
    return Set.of(
        new Series(LoadSignal.HOST_CPU, Series.HOST),
        new Series(LoadSignal.HOST_MEMORY, Series.HOST),
        new Series(LoadSignal.HOST_NETWORK, Series.HOST));
  }

  @Override
  public List<Reading> read() {
    if (machine == null) {
      machine = new SystemInfo().getHardware();
    }
    List<Reading> readings = new ArrayList<>();
    GlobalMemory memory = machine.getMemory();
    if (memory.getTotal() > 0) {
      double used = 1 - (double) memory.getAvailable() / memory.getTotal();
      readings.add(Reading.now(LoadSignal.HOST_MEMORY, Series.HOST, Math.max(0, used)));
    }
    CentralProcessor processor = machine.getProcessor();
    Counters now =
        new Counters(
            boxed(processor.getSystemCpuLoadTicks()),
            networkBytes(machine.getNetworkIFs()),
            nanoClock.getAsLong());
    if (before != null) {
      difference(before, now, readings);
    }
    before = now;
    return readings;
  }

  private static void difference(Counters before, Counters now, List<Reading> readings) {
    long all = 0;
    for (int kind = 0; kind < now.processorTicks.size(); kind++) {
      all += ticks(before, now, kind);
    }
    if (all > 0) {
      long idle =
          ticks(before, now, CentralProcessor.TickType.IDLE.getIndex())
              + ticks(before, now, CentralProcessor.TickType.IOWAIT.getIndex());
      readings.add(Reading.now(LoadSignal.HOST_CPU, Series.HOST, 1 - (double) idle / all));
    }
    double seconds = (now.atNanos - before.atNanos) / 1e9;
    long bytes = now.networkBytes - before.networkBytes;
    // An interface that went away takes its counter along.
    if (seconds > 0 && bytes >= 0) {
      readings.add(Reading.now(LoadSignal.HOST_NETWORK, Series.HOST, bytes / seconds));
    }
  }

  private static long ticks(Counters before, Counters now, int kind) {
    return Math.max(0, now.processorTicks.get(kind) - before.processorTicks.get(kind));
  }

  private static List<Long> boxed(long[] ticks) {
    List<Long> list = new ArrayList<>(ticks.length);
    for (long count : ticks) {
      list.add(count);
    }
    return list;
  }

  private static long networkBytes(List<NetworkIF> interfaces) {
    long bytes = 0;
    for (NetworkIF network : interfaces) {
      bytes += network.getBytesSent() + network.getBytesRecv();
    }
    return bytes;
  }
}
