package dev.hourglass.app.bench.chaos;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** What became of the turns of a run. Safe for use by several threads. */
final class TurnTally {
  private final Map<String, Integer> failedBeforeText = new TreeMap<>();
  private final Map<String, Integer> failedPartway = new TreeMap<>();
  private double[] firstTextSeconds = new double[1024];
  private int started;
  private int firstTexts;
  private int completed;

  synchronized void started() {
    started++;
  }

  /** The first text came so long after the turn was due. */
  synchronized void firstText(double seconds) {
    if (firstTexts == firstTextSeconds.length) {
      firstTextSeconds = Arrays.copyOf(firstTextSeconds, 2 * firstTexts);
    }
    firstTextSeconds[firstTexts++] = seconds;
  }

  synchronized void completed() {
    completed++;
  }

  synchronized void failed(String reason, boolean texted) {
    (texted ? failedPartway : failedBeforeText).merge(reason, 1, Integer::sum);
  }

  synchronized int ended() {
    return completed + sum(failedBeforeText) + sum(failedPartway);
  }

  private static int sum(Map<String, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * The figures so far.
   *
   * @param failedBeforeText turns by the reason that the client was told
   */
  record Figures(
      int started,
      int completed,
      Map<String, Integer> failedBeforeText,
      Map<String, Integer> failedPartway,
      double p50FirstTextSeconds,
      double p99FirstTextSeconds) {
    int failuresBeforeText() {
      return sum(failedBeforeText);
    }

    int failuresPartway() {
      return sum(failedPartway);
    }
  }

  synchronized Figures figures() {
    double[] sorted = Arrays.copyOf(firstTextSeconds, firstTexts);
    Arrays.sort(sorted);
    return new Figures(
        started,
        completed,
        new TreeMap<>(failedBeforeText),
        new TreeMap<>(failedPartway),
        quantile(sorted, 0.5),
        quantile(sorted, 0.99));
  }

  private static double quantile(double[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }
}
