package dev.hourglass.app.bench.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process and its children have used, as Linux counts it in {@code /proc}.
 *
 * @param cpuMicros processor time, in steps of 10 ms
 * @param residentBytes memory that is there now, shared pages counted for each process
 */
record ProcessUsage(long cpuMicros, long residentBytes) {
  private static final long TICK_MICROS = 10_000;
  // Fields of /proc/PID/stat behind the name in parentheses, proc(5).
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final long PAGE_BYTES = 4096;

  static ProcessUsage of(ProcessHandle process) throws IOException {
    long cpuMicros = 0;
    long residentBytes = 0;
    for (ProcessHandle each : Stream.concat(Stream.of(process), process.descendants()).toList()) {
      Path folder = Path.of("/proc", Long.toString(each.pid()));
      try {
        String stat = Files.readString(folder.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        cpuMicros +=
            (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]))
                * TICK_MICROS;
        String[] pages = Files.readString(folder.resolve("statm")).split(" ", -1);
        residentBytes += Long.parseLong(pages[1]) * PAGE_BYTES;
      } catch (NoSuchFileException ended) {
        // A child that ended between the two looks uses nothing any more.
      }
    }
    return new ProcessUsage(cpuMicros, residentBytes);
  }
}
