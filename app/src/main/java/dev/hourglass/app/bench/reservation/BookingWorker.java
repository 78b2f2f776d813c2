package dev.hourglass.app.bench.reservation;

import dev.hourglass.app.reserve.ReservationClient;
import dev.hourglass.app.reserve.ReservationClient.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A client that holds, confirms, uses, cancels and repeats at random, until nobody answers any
 * more. It notes what it sends before it sends it, and what it was told.
 */
final class BookingWorker {
  private static final int LATEST_START_SECONDS = 240;
  private static final int LONGEST_SECONDS = 120;
  private static final int MOST_SESSIONS = 3;

  private final String name;
  private final SplittableRandom random;
  private final InstantSource clock;
  private final List<Booking> bookings;
  private final Tally tally = new Tally();
  private int booked;

  /** How much a worker was told. */
  static final class Tally {
    int holds;
    int confirmations;
    int uses;
    int releases;
    int refusals;

    /** Requests that were under way when the gateway was killed. */
    int inDoubt;

    final List<String> faults = new ArrayList<>();

    void add(Tally other) {
      holds += other.holds;
      confirmations += other.confirmations;
      uses += other.uses;
      releases += other.releases;
      refusals += other.refusals;
      inDoubt += other.inDoubt;
      faults.addAll(other.faults);
    }
  }

  /**
   * Creates a worker.
   *
   * @param known bookings of earlier workers that it goes on with
   */
  BookingWorker(String name, List<Booking> known, SplittableRandom random, InstantSource clock) {
    this.name = name;
    this.bookings = new ArrayList<>(known);
    this.random = random;
    this.clock = clock;
  }

  List<Booking> bookings() {
    return bookings;
  }

  Tally tally() {
    return tally;
  }

  /** Works until the gateway is gone. */
  void run(ReservationClient client) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        step(client);
      }
    } catch (IOException gone) {
      tally.inDoubt++;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void step(ReservationClient client) throws IOException, InterruptedException {
    int dice = random.nextInt(100);
    if (dice < 45) {
      // Some begin at once, so that they can be used, or missed.
      int ahead = random.nextInt(4) == 0 ? 0 : random.nextInt(LATEST_START_SECONDS);
      hold(client, clock.instant().plusSeconds(ahead));
      return;
    }
    Booking chosen = anyOpen();
    if (chosen == null) {
      return;
    }
    if (dice < 75) {
      confirm(client, chosen);
    } else if (dice < 85) {
      release(client, chosen);
    } else if (dice < 95) {
      use(client, begun(chosen));
    } else {
      Reply repeated = client.hold(chosen.wanted());
      note(repeated);
    }
  }

  private @Nullable Booking anyOpen() {
    List<Booking> open =
        bookings.stream().filter(booking -> !booking.settled && !booking.released).toList();
    return open.isEmpty() ? null : open.get(random.nextInt(open.size()));
  }

  /** One that can be used, if there is one; using the others must be refused. */
  private Booking begun(Booking otherwise) {
    Instant now = clock.instant();
    return bookings.stream()
        .filter(booking -> booking.owned() && !booking.start.isAfter(now))
        .findAny()
        .orElse(otherwise);
  }

  private void hold(ReservationClient client, Instant start)
      throws IOException, InterruptedException {
    Booking booking = booking(start);
    Reply reply = client.hold(booking.wanted());
    if (reply.status() == 409 && reply.json().path("earliest_start").isTextual()) {
      tally.refusals++;
      booking.settled = true;
      booking = booking(reply.time("earliest_start"));
      reply = client.hold(booking.wanted());
    }
    if (note(reply)) {
      booking.heldUntil = reply.time("hold_expires_at");
      tally.holds++;
      if (random.nextBoolean()) {
        confirm(client, booking);
      }
    } else {
      booking.settled = true;
    }
  }

  private Booking booking(Instant start) {
    Booking booking =
        new Booking(
            name + "-" + booked++,
            start,
            start.plus(Duration.ofSeconds(1 + random.nextInt(LONGEST_SECONDS))),
            1 + random.nextInt(MOST_SESSIONS));
    bookings.add(booking);
    return booking;
  }

  private void confirm(ReservationClient client, Booking booking)
      throws IOException, InterruptedException {
    booking.confirmSent = true;
    Reply reply = client.confirm(booking.id);
    if (note(reply)) {
      booking.confirmedWithGraceUntil = reply.time("status_ends_at");
      tally.confirmations++;
    }
  }

  private void use(ReservationClient client, Booking booking)
      throws IOException, InterruptedException {
    booking.useSent = true;
    if (note(client.use(booking.id))) {
      tally.uses++;
    }
  }

  private void release(ReservationClient client, Booking booking)
      throws IOException, InterruptedException {
    booking.releaseSent = true;
    if (note(client.release(booking.id))) {
      booking.released = true;
      tally.releases++;
    }
  }

  /** Counts an answer; one that no client should ever get is kept. */
  private boolean note(Reply reply) {
    if (reply.ok()) {
      return true;
    }
    tally.refusals++;
    if (reply.status() >= 500 || reply.status() == 400) {
      tally.faults.add(reply.status() + " " + reply.json());
    }
    return false;
  }
}
