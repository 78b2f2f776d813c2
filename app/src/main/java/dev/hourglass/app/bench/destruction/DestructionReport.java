package dev.hourglass.app.bench.destruction;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import java.util.Locale;

/** What was measured, for people and for programs. */
record DestructionReport(String model, StageTimes stages, StormResult storm) {

  static String name(Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT);
  }

  String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%d explicit sessions of the embedded engine (model %s), idle, one by one; milliseconds%n",
            stages.destructions(),
            model));
    table.append(String.format(Locale.ROOT, "%-12s %8s %8s %8s%n", "stage", "mean", "p50", "p99"));
    for (StageTimes.Line line : stages.lines()) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-12s %8.3f %8.3f %8.3f%n",
              line.name(),
              line.mean(),
              line.p50(),
              line.p99()));
    }
    table.append(
        String.format(
            Locale.ROOT,
            "beyond the step in flight, of which there is none: %.3f ms mean (target: 5)%n",
            stages.whole().mean()));
    table.append(
        String.format(
            Locale.ROOT,
            "the text was overwritten in the database's log %.0f ms after the receipt (p50; p99 %.0f)%n",
            stages.textGone().p50(),
            stages.textGone().p99()));
    table.append(
        String.format(
            Locale.ROOT,
            "%nstorm: %d sessions at once, %d of them durable; a scripted engine, SQLite%n"
                + "asked for in %.0f ms, over after %.1f s (%.0f a second), at most %d in line%n"
                + "receipts lost: %d, with a failed stage: %d%n",
            storm.sessions(),
            storm.explicit(),
            storm.askMillis(),
            storm.seconds(),
            storm.sessions() / storm.seconds(),
            storm.mostWaiting(),
            storm.lost(),
            storm.failed()));
    table.append(
        String.format(
            Locale.ROOT,
            "%-22s %8s %8s %8s %8s%n",
            "durable turns (ms)",
            "turns",
            "p50",
            "p99",
            "most"));
    turns(table, "before the storm", storm.calm());
    turns(table, "during the storm", storm.during());
    return table.toString().stripTrailing();
  }

  private static void turns(StringBuilder table, String name, StormResult.Turns turns) {
    table.append(
        String.format(
            Locale.ROOT,
            "%-22s %8d %8.2f %8.2f %8.2f%n",
            name,
            turns.turns(),
            turns.p50(),
            turns.p99(),
            turns.most()));
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model", model)
        .put("destructions", stages.destructions())
        .put("failed", stages.failed())
        .put("meanMillisBeyondStep", stages.whole().mean())
        .put("textGoneP50Millis", stages.textGone().p50())
        .put("textGoneP99Millis", stages.textGone().p99());
    ArrayNode lines = json.putArray("stages");
    for (StageTimes.Line line : stages.lines()) {
      lines
          .addObject()
          .put("stage", line.name())
          .put("meanMillis", line.mean())
          .put("p50Millis", line.p50())
          .put("p99Millis", line.p99());
    }
    ObjectNode all = json.putObject("storm");
    all.put("sessions", storm.sessions())
        .put("explicit", storm.explicit())
        .put("askMillis", storm.askMillis())
        .put("seconds", storm.seconds())
        .put("mostWaiting", storm.mostWaiting())
        .put("receiptsLost", storm.lost())
        .put("receiptsFailed", storm.failed());
    turns(all.putObject("turnsBefore"), storm.calm());
    turns(all.putObject("turnsDuring"), storm.during());
    return json.toString();
  }

  private static void turns(ObjectNode json, StormResult.Turns turns) {
    json.put("turns", turns.turns())
        .put("p50Millis", turns.p50())
        .put("p99Millis", turns.p99())
        .put("mostMillis", turns.most());
  }
}
