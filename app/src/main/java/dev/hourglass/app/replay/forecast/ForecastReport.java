package dev.hourglass.app.replay.forecast;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.core.load.ForecastScore;
import dev.hourglass.core.load.Horizon;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What a replay found.
 *
 * @param trace its file
 */
record ForecastReport(String trace, List<ForecastResult> results) {
  private static final String NONE = "–";
  private static final String ROW = "%-10s %-8s  %17s  %17s  %17s  %20s%n";

  ForecastReport {
    results = List.copyOf(results);
  }

  /** One row for each signal and method; each cell has the three horizons. */
  void print(PrintStream out) {
    out.println(trace);
    out.println(
        "At "
            + Arrays.stream(Horizon.values())
                .map(horizon -> Integer.toString(horizon.seconds()))
                .collect(Collectors.joining("/"))
            + " s; errors and coverage in percent, pinball loss of P90 in the signal's unit.");
    out.println();
    out.printf(Locale.ROOT, ROW, "signal", "method", "MAPE", "WAPE", "P90 coverage", "pinball P90");
    String signal = "";
    for (List<ForecastResult> row : rows()) {
      ForecastResult first = row.getFirst();
      if (!first.signal().equals(signal)) {
        out.println();
        signal = first.signal();
      }
      out.printf(
          Locale.ROOT,
          ROW,
          first.signal(),
          first.method(),
          scored(row, "%.1f", ForecastScore::mape),
          cells(row, "%.1f", ForecastResult::wape),
          scored(row, "%.1f", ForecastScore::p90Coverage),
          scored(row, "%.2f", ForecastScore::pinball));
    }
  }

  private Iterable<List<ForecastResult>> rows() {
    Map<String, List<ForecastResult>> rows =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    result -> result.signal() + " " + result.method(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    return rows.values();
  }

  private static String scored(
      List<ForecastResult> row, String format, ToDoubleFunction<ForecastScore> figure) {
    if (row.getFirst().score().isEmpty()) {
      return NONE;
    }
    return cells(row, format, result -> figure.applyAsDouble(result.score().orElseThrow()));
  }

  private static String cells(
      List<ForecastResult> row, String format, ToDoubleFunction<ForecastResult> figure) {
    return row.stream()
        .map(figure::applyAsDouble)
        .map(value -> Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : NONE)
        .collect(Collectors.joining("/"));
  }

  /** One JSON object; errors and coverage in percent, what does not exist is null. */
  String json() {
    JsonMapper mapper = new JsonMapper();
    ObjectNode report = mapper.createObjectNode().put("trace", trace);
    ArrayNode array = report.putArray("results");
    for (ForecastResult result : results) {
      ObjectNode cell =
          array
              .addObject()
              .put("signal", result.signal())
              .put("method", result.method())
              .put("horizonSeconds", result.horizon().seconds());
      put(cell, "mape", result.score().map(ForecastScore::mape).orElse(Double.NaN));
      put(cell, "wape", result.wape());
      put(cell, "p90Coverage", result.score().map(ForecastScore::p90Coverage).orElse(Double.NaN));
    }
    return report.toString();
  }

  private static void put(ObjectNode cell, String name, double value) {
    if (Double.isFinite(value)) {
      cell.put(name, BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_EVEN));
    } else {
      cell.putNull(name);
    }
  }
}
