package dev.hourglass.app.bench.reservation;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.reserve.ReservationClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The gateway, killed at random moments while clients book, started again on the same data, and
 * asked what it still knows.
 */
final class KillLoop {
  private static final int WORKERS = 4;
  private static final int CAPACITY = 4;
  private static final int SHORTEST_LIFE_MILLIS = 20;
  private static final int LONGEST_LIFE_MILLIS = 1_200;
  private static final int LONGEST_START_MILLIS = 2_500;
  private static final int KILLED_DURING_START_PERCENT = 10;
  private static final int REPORTED_EVERY = 10;

  /** Holds and graces end while the loop runs, and nothing is forgotten that it may ask for. */
  private static final List<String> SETTINGS =
      List.of(
          "reservations.sessions=" + CAPACITY,
          "reservations.hold_ttl=1s",
          "reservations.no_show_grace=5s",
          "reservations.most_per_tenant=10000",
          "reservations.ended=10000",
          "engine.context_tokens=256",
          "engine.kv_tokens=1024",
          "log.level=error");

  private final String mainClass;
  private final Path data;
  private final Path model;
  private final int kills;
  private final long seed;
  private final InstantSource clock;
  private final Consumer<String> progress;

  private final List<Booking> bookings = new ArrayList<>();
  private final BookingWorker.Tally tally = new BookingWorker.Tally();
  private final BookingAudit audit;
  private final SplittableRandom random;
  private int duringStart;

  KillLoop(
      String mainClass,
      Path data,
      Path model,
      int kills,
      long seed,
      InstantSource clock,
      Consumer<String> progress) {
    this.mainClass = mainClass;
    this.data = data;
    this.model = model;
    this.kills = kills;
    this.seed = seed;
    this.clock = clock;
    this.progress = progress;
    this.audit = new BookingAudit(CAPACITY, clock);
    this.random = new SplittableRandom(seed);
  }

  KillReport run() throws IOException, ExpectedFailure, InterruptedException {
    for (int kill = 1; kill <= kills; kill++) {
      if (kill > 1 && random.nextInt(100) < KILLED_DURING_START_PERCENT) {
        killDuringStart();
      } else {
        killAtWork(kill);
      }
      if (kill % REPORTED_EVERY == 0) {
        progress.accept(
            "%d kills: %d confirmed, %d oversold, %d lost"
                .formatted(
                    kill, tally.confirmations, audit.oversoldBuckets(), audit.confirmedAndLost()));
      }
    }
    try (ServeProcess gateway = start();
        ReservationClient client = new ReservationClient(gateway.address(), null)) {
      audit.run(client, bookings);
    }
    return report();
  }

  private ServeProcess start() throws IOException {
    return ServeProcess.start(mainClass, data, model, SETTINGS);
  }

  private void killDuringStart() throws IOException, InterruptedException {
    duringStart++;
    try (ServeProcess gateway = start()) {
      gateway.killAfter(Duration.ofMillis(1 + random.nextInt(LONGEST_START_MILLIS)));
    }
  }

  /** Asks what is left of the rounds before, then books until the gateway is gone. */
  private void killAtWork(int round) throws IOException, ExpectedFailure, InterruptedException {
    try (ServeProcess gateway = start();
        ReservationClient client = new ReservationClient(gateway.address(), null)) {
      audit.run(client, bookings);
      bookings.removeIf(booking -> booking.settled);
      List<BookingWorker> workers = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int index = 0; index < WORKERS; index++) {
        BookingWorker worker =
            new BookingWorker(
                "r%d-%d".formatted(round, index), shareOf(index), random.split(), clock);
        workers.add(worker);
        threads.add(Thread.ofVirtual().start(() -> worker.run(client)));
      }
      gateway.killAfter(
          Duration.ofMillis(random.nextInt(SHORTEST_LIFE_MILLIS, LONGEST_LIFE_MILLIS)));
      for (Thread thread : threads) {
        thread.join();
      }
      bookings.clear();
      for (BookingWorker worker : workers) {
        bookings.addAll(worker.bookings());
        tally.add(worker.tally());
      }
    }
  }

  /** What is left of the rounds before goes on with one worker each. */
  private List<Booking> shareOf(int worker) {
    return IntStream.range(0, bookings.size())
        .filter(index -> index % WORKERS == worker)
        .mapToObj(bookings::get)
        .toList();
  }

  private KillReport report() {
    List<String> faults = new ArrayList<>(audit.faults());
    faults.addAll(tally.faults);
    return new KillReport(
        kills,
        duringStart,
        seed,
        tally,
        audit.oversoldBuckets(),
        audit.confirmedAndLost(),
        audit.heldAndLost(),
        audit.releasedAndBack(),
        faults);
  }
}
