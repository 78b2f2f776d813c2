package dev.hourglass.app.bench.reservation;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/**
 * What came of killing the gateway again and again.
 *
 * @param duringStart kills before the gateway was ready
 * @param faults what should not be, in words
 */
record KillReport(
    int kills,
    int duringStart,
    long seed,
    BookingWorker.Tally tally,
    int oversoldBuckets,
    int confirmedAndLost,
    int heldAndLost,
    int releasedAndBack,
    List<String> faults) {
  boolean clean() {
    return oversoldBuckets + confirmedAndLost + heldAndLost + releasedAndBack == 0
        && faults.isEmpty();
  }

  String table() {
    String table =
        String.format(
            Locale.ROOT,
            """
            reservations under kill -9, seed %d
            kills                 %7d   (%d of them before the gateway was ready)
            held                  %7d
            confirmed             %7d
            used                  %7d
            released              %7d
            refused               %7d
            under way when killed %7d

            oversold buckets      %7d
            confirmed and lost    %7d
            held and lost         %7d
            released and back     %7d\
            """,
            seed,
            kills,
            duringStart,
            tally.holds,
            tally.confirmations,
            tally.uses,
            tally.releases,
            tally.refusals,
            tally.inDoubt,
            oversoldBuckets,
            confirmedAndLost,
            heldAndLost,
            releasedAndBack);
    return faults.isEmpty() ? table : table + "\n\n" + String.join("\n", faults);
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("kills", kills).put("duringStart", duringStart).put("seed", seed);
    json.put("held", tally.holds).put("confirmed", tally.confirmations);
    json.put("used", tally.uses).put("released", tally.releases);
    json.put("refused", tally.refusals).put("inDoubt", tally.inDoubt);
    json.put("oversoldBuckets", oversoldBuckets).put("confirmedAndLost", confirmedAndLost);
    json.put("heldAndLost", heldAndLost).put("releasedAndBack", releasedAndBack);
    faults.forEach(json.putArray("faults")::add);
    return json.toString();
  }
}
