package dev.hourglass.app.bench.chaos;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/**
 * What a chaos run found.
 *
 * @param troubles how often what went wrong with an endpoint
 * @param fewestStreamsHit generations that ran there at those moments, at least
 * @param mostStreamsHit and at most
 * @param retriesLeft what the budget had at its least, looked at each second
 * @param leakedLeases leases and calls that were held when every turn had ended
 * @param orphans generations that ran at the servers then
 */
record ChaosReport(
    int endpoints,
    int sessions,
    int seconds,
    Map<String, Integer> troubles,
    int fewestStreamsHit,
    int mostStreamsHit,
    TurnTally.Figures turns,
    long retriesFree,
    long retriesPaid,
    long retriesDenied,
    int retriesLeft,
    long sessionsMoved,
    int leakedLeases,
    int orphans,
    long heapBytesBefore,
    long heapBytesAfter) {
  private static final double BYTES_PER_MEGABYTE = 1e6;

  /** Failures before the first token for which the retry budget was not empty. */
  long failuresWithBudgetLeft() {
    return Math.max(0, turns.failuresBeforeText() - retriesDenied);
  }

  private double successRate() {
    return turns.started() == 0 ? Double.NaN : (double) turns.completed() / turns.started();
  }

  void print(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "%d endpoints over HTTP, %d sessions, %d s; troubles %s, each hit %d to %d streams%n%n",
        endpoints,
        sessions,
        seconds,
        troubles,
        fewestStreamsHit,
        mostStreamsHit);
    row(out, "turns", "%d", turns.started());
    row(out, "success rate", "%.2f %%", successRate() * 100);
    row(out, "failed before the first token", "%d", turns.failuresBeforeText());
    turns.failedBeforeText().forEach((reason, count) -> row(out, "  " + reason, "%d", count));
    row(out, "  of them with retries left", "%d", failuresWithBudgetLeft());
    row(out, "failed after the first token", "%d", turns.failuresPartway());
    turns.failedPartway().forEach((reason, count) -> row(out, "  " + reason, "%d", count));
    row(out, "retries for nothing", "%d", retriesFree);
    row(out, "retries from the budget", "%d", retriesPaid);
    row(out, "retries denied", "%d", retriesDenied);
    row(out, "least retries left", "%d", retriesLeft);
    row(out, "sessions moved", "%d", sessionsMoved);
    row(out, "TTFT p50", "%.3f s", turns.p50FirstTextSeconds());
    row(out, "TTFT p99", "%.3f s", turns.p99FirstTextSeconds());
    row(out, "leaked leases", "%d", leakedLeases);
    row(out, "orphaned generations", "%d", orphans);
    row(out, "heap before", "%.1f MB", heapBytesBefore / BYTES_PER_MEGABYTE);
    row(out, "heap after", "%.1f MB", heapBytesAfter / BYTES_PER_MEGABYTE);
  }

  private static void row(PrintStream out, String name, String format, Object value) {
    out.printf(Locale.ROOT, "%-64s " + format + "%n", name, value);
  }

  /** One JSON object. */
  String json() {
    ObjectNode report =
        new JsonMapper()
            .createObjectNode()
            .put("endpoints", endpoints)
            .put("sessions", sessions)
            .put("seconds", seconds)
            .put("fewestStreamsHit", fewestStreamsHit)
            .put("mostStreamsHit", mostStreamsHit)
            .put("turns", turns.started())
            .put("successRate", successRate())
            .put("failedBeforeFirstToken", turns.failuresBeforeText())
            .put("failedBeforeFirstTokenWithRetriesLeft", failuresWithBudgetLeft())
            .put("failedAfterFirstToken", turns.failuresPartway())
            .put("retriesFree", retriesFree)
            .put("retriesPaid", retriesPaid)
            .put("retriesDenied", retriesDenied)
            .put("leastRetriesLeft", retriesLeft)
            .put("sessionsMoved", sessionsMoved)
            .put("ttftP50Seconds", turns.p50FirstTextSeconds())
            .put("ttftP99Seconds", turns.p99FirstTextSeconds())
            .put("leakedLeases", leakedLeases)
            .put("orphanedGenerations", orphans)
            .put("heapBytesBefore", heapBytesBefore)
            .put("heapBytesAfter", heapBytesAfter);
    put(report.putObject("troubles"), troubles);
    put(report.putObject("failedBeforeFirstTokenReasons"), turns.failedBeforeText());
    put(report.putObject("failedAfterFirstTokenReasons"), turns.failedPartway());
    return report.toString();
  }

  private static void put(ObjectNode node, Map<String, Integer> counts) {
    counts.forEach(node::put);
  }
}
