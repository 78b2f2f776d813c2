package dev.hourglass.app.bench.destruction;

import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** How long each stage of many destructions took, and all stages together. */
final class StageTimes {
  private static final long LONGEST_MICROS = 60_000_000;

  private final Map<Stage, Histogram> stages = new EnumMap<>(Stage.class);
  private final Histogram whole = new Histogram(LONGEST_MICROS, 3);
  private final Histogram textGone = new Histogram(LONGEST_MICROS, 3);
  private int failed;

  /**
   * Times in milliseconds.
   *
   * @param name of the stage
   */
  record Line(String name, double mean, double p50, double p99) {}

  void add(DestructionReceipt receipt) {
    receipt
        .stages()
        .forEach(stage ->
            stages
                .computeIfAbsent(stage.stage(), _ -> new Histogram(LONGEST_MICROS, 3))
                .recordValue(micros(stage.took().toNanos())));
    whole.recordValue(micros(receipt.took().toNanos()));
    if (receipt.failed()) {
      failed++;
    }
  }

  /** Notes how long after its receipt the text of a session was overwritten. */
  void textGoneAfter(Duration wait) {
    textGone.recordValue(micros(wait.toNanos()));
  }

  /** How long after their receipts texts were overwritten. */
  Line textGone() {
    return line("text gone after", textGone);
  }

  private static long micros(long nanos) {
    return Math.clamp(nanos / 1_000, 0, LONGEST_MICROS);
  }

  int failed() {
    return failed;
  }

  long destructions() {
    return whole.getTotalCount();
  }

  List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    stages.forEach((stage, times) -> lines.add(line(DestructionReport.name(stage), times)));
    lines.add(whole());
    return lines;
  }

  Line whole() {
    return line("all", whole);
  }

  private static Line line(String name, Histogram micros) {
    return new Line(
        name,
        micros.getMean() / 1_000,
        micros.getValueAtPercentile(50) / 1_000.0,
        micros.getValueAtPercentile(99) / 1_000.0);
  }
}
