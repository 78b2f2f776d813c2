package dev.hourglass.app.bench.proxy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What was measured.
 *
 * @param halfLoad the fixed rate of each case, in requests a second
 * @param cells of each case and target, one for each round
 */
record ProxyReport(
    int rounds, Map<ProxyCase, Double> halfLoad, Map<ProxyCase, Map<String, List<Cell>>> cells) {

  /**
   * One round of one target.
   *
   * @param requestsPerSecond at saturation
   * @param cpuMicros of the process for each request, at saturation
   * @param p50Micros at the fixed rate, from the intended start
   * @param p99Micros likewise
   * @param allocatedBytes on the heap for each request; 0 where unknown
   * @param residentBytes at the end of the round
   */
  record Cell(
      double requestsPerSecond,
      double cpuMicros,
      double p50Micros,
      double p99Micros,
      double allocatedBytes,
      double residentBytes) {}

  String table() {
    StringBuilder table = new StringBuilder();
    cells.forEach((kind, targets) -> {
      table.append(
          String.format(
              Locale.ROOT,
              "%s; latency at %,.0f requests/s; medians of %d rounds%n%-10s %12s %12s %10s %10s"
                  + " %12s %9s%n",
              kind.title(),
              halfLoad.getOrDefault(kind, 0.0),
              rounds,
              "",
              "requests/s",
              kind.streamed() ? "CPU µs/token" : "CPU µs/req",
              "p50 µs",
              "p99 µs",
              "alloc B/req",
              "RSS MiB"));
      targets.forEach((name, rows) ->
          table.append(
              String.format(
                  Locale.ROOT,
                  "%-10s %,12.0f %12.2f %,10.0f %,10.0f %,12.0f %9.1f%n",
                  name,
                  median(rows, Cell::requestsPerSecond),
                  cpuMicros(kind, rows),
                  median(rows, Cell::p50Micros),
                  median(rows, Cell::p99Micros),
                  median(rows, Cell::allocatedBytes),
                  median(rows, Cell::residentBytes) / (1 << 20))));
      table.append(
          String.format(
              Locale.ROOT,
              "hourglass / nginx: CPU %.2f x, p50 %+,.0f µs, p99 %+,.0f µs%n%n",
              cpuRatio(kind),
              over(kind, Cell::p50Micros),
              over(kind, Cell::p99Micros)));
    });
    return table.toString().stripTrailing();
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rounds", rounds);
    var results = json.putArray("results");
    cells.forEach((kind, targets) ->
        targets.forEach((name, rows) -> {
          ObjectNode row = results.addObject();
          row.put("case", kind.wireName()).put("target", name);
          row.put("requestsPerSecond", median(rows, Cell::requestsPerSecond));
          row.put("cpuMicrosPerRequest", median(rows, Cell::cpuMicros));
          if (kind.streamed()) {
            row.put("cpuMicrosPerToken", cpuMicros(kind, rows));
          }
          row.put("rate", halfLoad.getOrDefault(kind, 0.0));
          row.put("p50Micros", median(rows, Cell::p50Micros));
          row.put("p99Micros", median(rows, Cell::p99Micros));
          row.put("allocatedBytesPerRequest", median(rows, Cell::allocatedBytes));
          row.put("residentBytes", median(rows, Cell::residentBytes));
        }));
    return json.toString();
  }

  private double cpuRatio(ProxyCase kind) {
    return cpuMicros(kind, rows(kind, "hourglass")) / cpuMicros(kind, rows(kind, "nginx"));
  }

  private double over(ProxyCase kind, ToDoubleFunction<Cell> figure) {
    return median(rows(kind, "hourglass"), figure) - median(rows(kind, "nginx"), figure);
  }

  private List<Cell> rows(ProxyCase kind, String target) {
    return cells.getOrDefault(kind, Map.of()).getOrDefault(target, List.of());
  }

  private static double cpuMicros(ProxyCase kind, List<Cell> rows) {
    double perRequest = median(rows, Cell::cpuMicros);
    return kind.streamed() ? perRequest / UpstreamServer.STREAMED_TOKENS : perRequest;
  }

  private static double median(List<Cell> rows, ToDoubleFunction<Cell> figure) {
    double[] sorted = rows.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length == 0
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
