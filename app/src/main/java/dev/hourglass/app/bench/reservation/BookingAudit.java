package dev.hourglass.app.bench.reservation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.app.reserve.ReservationClient;
import dev.hourglass.app.reserve.ReservationClient.Reply;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The comparison of what clients were told before a kill with what the gateway says after it came
 * back.
 */
final class BookingAudit {
  private static final long BUCKET_SECONDS = 10;
  private static final Set<String> LIVE = Set.of("held", "confirmed", "active");

  private final int capacity;
  private final InstantSource clock;
  private final Set<Long> oversold = new TreeSet<>();
  private final List<String> faults = new ArrayList<>();
  private int confirmedAndLost;
  private int heldAndLost;
  private int releasedAndBack;

  BookingAudit(int capacity, InstantSource clock) {
    this.capacity = capacity;
    this.clock = clock;
  }

  void run(ReservationClient client, List<Booking> bookings)
      throws IOException, InterruptedException {
    Map<Long, Integer> owned = new HashMap<>();
    for (Booking booking : bookings) {
      if (!booking.settled) {
        Reply reply = client.find(booking.id);
        // Looked at after the answer, so that what ended by then is known to be due.
        check(booking, reply, clock.instant());
        if (booking.owned() && !booking.settled) {
          add(owned, booking.start, booking.end, booking.sessions);
        }
      }
    }
    Map<Long, Integer> kept = new HashMap<>();
    for (JsonNode reservation : client.list().json().path("data")) {
      if (LIVE.contains(reservation.get("status").asText())) {
        add(
            kept,
            Instant.parse(reservation.get("start").asText()),
            Instant.parse(reservation.get("end").asText()),
            reservation.get("sessions").asInt());
      }
    }
    noteOversold("clients own", owned);
    noteOversold("the gateway keeps", kept);
  }

  private static void add(Map<Long, Integer> load, Instant start, Instant end, int sessions) {
    long first = Math.floorDiv(start.getEpochSecond(), BUCKET_SECONDS);
    for (long bucket = first;
        Instant.ofEpochSecond(bucket * BUCKET_SECONDS).isBefore(end);
        bucket++) {
      load.merge(bucket, sessions, Integer::sum);
    }
  }

  private void noteOversold(String who, Map<Long, Integer> load) {
    load.forEach((bucket, sessions) -> {
      if (sessions > capacity) {
        oversold.add(bucket);
        faults.add("bucket " + bucket + ": " + who + " " + sessions + " sessions");
      }
    });
  }

  private void check(Booking booking, Reply reply, Instant now) {
    String status = reply.ok() ? reply.json().get("status").asText() : "gone";
    if (booking.owned() && !mayBeOwned(booking, status, now)) {
      confirmedAndLost++;
      faults.add("confirmed and lost: " + booking.id + " is " + status);
    }
    if (booking.released && LIVE.contains(status)) {
      releasedAndBack++;
      faults.add("released and back: " + booking.id + " is " + status);
    }
    if (booking.heldUntil != null && !mayBeHeld(booking, status, now, booking.heldUntil)) {
      heldAndLost++;
      faults.add("held and lost: " + booking.id + " is " + status);
    }
    booking.settled = !LIVE.contains(status);
  }

  private static boolean mayBeOwned(Booking booking, String status, Instant now) {
    Instant grace = booking.confirmedWithGraceUntil;
    return switch (status) {
      case "confirmed", "active" -> true;
      case "no_show" -> grace != null && !now.isBefore(grace);
      case "released" -> booking.useSent && !now.isBefore(booking.end);
      default -> false;
    };
  }

  /** Only a hold that nobody went on with says something of holds. */
  private static boolean mayBeHeld(Booking booking, String status, Instant now, Instant heldUntil) {
    if (booking.confirmSent || booking.releaseSent) {
      return !status.equals("gone");
    }
    return switch (status) {
      case "held" -> true;
      case "expired" -> !now.isBefore(heldUntil);
      default -> false;
    };
  }

  int oversoldBuckets() {
    return oversold.size();
  }

  int confirmedAndLost() {
    return confirmedAndLost;
  }

  int heldAndLost() {
    return heldAndLost;
  }

  int releasedAndBack() {
    return releasedAndBack;
  }

  List<String> faults() {
    return faults;
  }
}
