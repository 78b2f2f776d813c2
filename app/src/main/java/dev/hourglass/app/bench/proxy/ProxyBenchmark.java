package dev.hourglass.app.bench.proxy;

import dev.hourglass.app.bench.proxy.ProxyReport.Cell;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Measures what a request costs directly, through nginx and through the gateway with sessions on:
 * in turn, in one run, against the same upstream.
 */
final class ProxyBenchmark {
  private static final String ALLOCATED = "hourglass_jvm_allocated_bytes_total";
  private static final int OPEN_LOOP_CONNECTIONS = 256;

  private final Settings settings;
  private final LongSupplier nanoClock;
  private final Consumer<String> progress;

  /**
   * What is measured.
   *
   * @param rounds of which the median counts, at least 1
   * @param length of one load
   * @param warmUp of each target before the first round
   * @param nginx the program
   * @param folder for files of nginx and the gateway
   * @param mainClass starts the gateway
   */
  record Settings(
      int rounds, Duration length, Duration warmUp, String nginx, Path folder, String mainClass) {}

  ProxyBenchmark(Settings settings, LongSupplier nanoClock, Consumer<String> progress) {
    this.settings = settings;
    this.nanoClock = nanoClock;
    this.progress = progress;
  }

  ProxyReport run()
      throws IOException,
          ExpectedFailure,
          InterruptedException,
          ExecutionException,
          TimeoutException {
    try (ProxyTarget upstream = ProxyTarget.upstream();
        ProxyTarget nginx =
            ProxyTarget.nginx(settings.nginx(), upstream.port(), settings.folder());
        ProxyTarget hourglass =
            ProxyTarget.hourglass(upstream.port(), settings.folder(), settings.mainClass());
        LoadGenerator load = new LoadGenerator(nanoClock)) {
      List<ProxyTarget> targets = List.of(upstream, nginx, hourglass);
      Map<ProxyCase, Map<String, List<Cell>>> cells = new EnumMap<>(ProxyCase.class);
      Map<ProxyCase, Double> halfLoad = new EnumMap<>(ProxyCase.class);
      for (ProxyCase kind : ProxyCase.values()) {
        progress.accept("warming up: " + kind.title());
        double slowest = Double.MAX_VALUE;
        for (ProxyTarget target : targets) {
          slowest = Math.min(slowest, saturate(load, kind, target, settings.warmUp()));
        }
        halfLoad.put(kind, slowest / 2);
        cells.put(kind, new LinkedHashMap<>());
      }
      for (int round = 1; round <= settings.rounds(); round++) {
        for (ProxyCase kind : ProxyCase.values()) {
          for (ProxyTarget target : targets) {
            Cell cell = measure(load, kind, target, halfLoad.getOrDefault(kind, 1.0));
            cells
                .getOrDefault(kind, Map.of())
                .computeIfAbsent(target.name(), _ -> new ArrayList<>())
                .add(cell);
            progress.accept(
                "round %d: %s, %s: %,.0f requests/s"
                    .formatted(round, kind.title(), target.name(), cell.requestsPerSecond()));
          }
        }
      }
      return new ProxyReport(settings.rounds(), halfLoad, cells);
    }
  }

  private double saturate(LoadGenerator load, ProxyCase kind, ProxyTarget target, Duration length)
      throws InterruptedException, ExecutionException, TimeoutException, ExpectedFailure {
    return accepted(target, kind, load.closedLoop(kind, target.port(), kind.connections(), length))
        .requestsPerSecond();
  }

  private Cell measure(LoadGenerator load, ProxyCase kind, ProxyTarget target, double perSecond)
      throws IOException,
          InterruptedException,
          ExecutionException,
          TimeoutException,
          ExpectedFailure {
    long allocatedBefore = allocatedBytes(target);
    ProcessUsage before = target.usage();
    LoadResult saturated =
        accepted(
            target,
            kind,
            load.closedLoop(kind, target.port(), kind.connections(), settings.length()));
    ProcessUsage after = target.usage();
    long allocated = allocatedBytes(target) - allocatedBefore;
    LoadResult half =
        accepted(
            target,
            kind,
            load.openLoop(
                kind, target.port(), OPEN_LOOP_CONNECTIONS, settings.length(), perSecond));
    return new Cell(
        saturated.requestsPerSecond(),
        (double) (after.cpuMicros() - before.cpuMicros()) / saturated.requests(),
        half.micros().getValueAtPercentile(50),
        half.micros().getValueAtPercentile(99),
        (double) allocated / saturated.requests(),
        target.usage().residentBytes());
  }

  /** A load that did not go well says nothing about speed. */
  private static LoadResult accepted(ProxyTarget target, ProxyCase kind, LoadResult result)
      throws ExpectedFailure {
    if (result.failures() > 0 || result.requests() == 0) {
      throw new ExpectedFailure(
          "%s, %s: %d requests failed and %d were answered (expected: all answered)"
              .formatted(target.name(), kind.title(), result.failures(), result.requests()));
    }
    return result;
  }

  /** What the gateway's JVM has allocated since its start; 0 for others. */
  private static long allocatedBytes(ProxyTarget target) throws IOException, InterruptedException {
    if (!target.name().equals("hourglass")) {
      return 0;
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI metrics = URI.create("http://127.0.0.1:" + target.port() + "/metrics");
      return client
          .send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(ALLOCATED))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst()
          .orElse(0);
    }
  }
}
