package dev.hourglass.app.bench.overload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Clients of one house. Each comes when its schedule says so, whether the house is ready for it or
 * not, does what it is told, and gives up after a minute. Every other one sends its ticket; the
 * rest resend their request unchanged, as today's SDKs do.
 */
final class OverloadRun implements AutoCloseable {
  private static final double PATIENCE_SECONDS = 60;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String TICKET = "X-Admission-Ticket";

  private final OverloadHouse house;
  private final long startNanos = System.nanoTime();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("clients").factory());
  private final Collection<Answer> answers = new ConcurrentLinkedQueue<>();
  private final Collection<Boolean> hints = new ConcurrentLinkedQueue<>();
  private final Collection<Double> refusals = new ConcurrentLinkedQueue<>();
  private final Collection<String> failures = new ConcurrentLinkedQueue<>();

  private volatile boolean over;

  OverloadRun(OverloadHouse house) {
    this.house = house;
  }

  /**
   * One client.
   *
   * @param seconds when it comes, from the start of the run
   */
  record Arrival(int number, double seconds, int tokens) {}

  /**
   * A whole answer; seconds are those of the run.
   *
   * @param cameSeconds when the client was to come first
   * @param letInSeconds when it began the attempt that was let in; of a first one, when it was to
   */
  record Answer(
      double cameSeconds, double letInSeconds, double firstTextSeconds, double endSeconds) {
    /** From its first coming to its first text. */
    double delaySeconds() {
      return firstTextSeconds - cameSeconds;
    }

    /** From the attempt that was let in to its first text. */
    double waitSeconds() {
      return firstTextSeconds - letInSeconds;
    }
  }

  void begin(List<Arrival> arrivals) {
    arrivals.forEach(arrival ->
        after(arrival.seconds - now(), () -> attempt(arrival, arrival.seconds, "", false)));
  }

  private void after(double seconds, Runnable attempt) {
    try {
      var _ =
          schedule.schedule(
              () -> threads.execute(attempt),
              (long) (Math.max(0, seconds) * NANOS_PER_SECOND),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException _) {
      // The run is over.
    }
  }

  private double now() {
    return (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
  }

  private void attempt(Arrival arrival, double dueSeconds, String ticket, boolean hinted) {
    try {
      HttpResponse<Stream<String>> response =
          http.send(request(arrival, ticket, dueSeconds > arrival.seconds), BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        switch (response.statusCode()) {
          case 200 -> read(arrival, dueSeconds, hinted, lines.iterator());
          case 429, 503 -> refused(arrival, hinted, response);
          default -> failures.add(response.statusCode() + " " + lines.toList());
        }
      }
    } catch (IOException | UncheckedIOException broken) {
      if (!over) {
        failures.add(String.valueOf(broken.getMessage()));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpRequest request(Arrival arrival, String ticket, boolean again) {
    URI chat = house.chat();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(chat)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"client "
                        + arrival.number
                        + "\"}],\"stream\":true,\"max_tokens\":"
                        + arrival.tokens
                        + "}"));
    if (!ticket.isEmpty()) {
      request.header(TICKET, ticket);
    } else if (again) {
      request.header("X-Stainless-Retry-Count", "1");
    }
    return request.build();
  }

  private void read(Arrival arrival, double dueSeconds, boolean hinted, Iterator<String> lines) {
    double firstText = Double.NaN;
    while (lines.hasNext()) {
      String line = lines.next();
      if (Double.isNaN(firstText) && line.startsWith("data:")) {
        firstText = now();
        if (hinted) {
          hints.add(true);
        }
      }
    }
    answers.add(new Answer(arrival.seconds, dueSeconds, firstText, now()));
  }

  private void refused(Arrival arrival, boolean hinted, HttpResponse<?> response) {
    double now = now();
    refusals.add(now);
    if (hinted) {
      hints.add(false);
    }
    double wait = response.headers().firstValueAsLong("retry-after-ms").orElse(1_000) / 1e3;
    if (now + wait - arrival.seconds < PATIENCE_SECONDS) {
      String ticket = response.headers().firstValue(TICKET).orElse("");
      boolean keepsPlace = response.statusCode() == 429;
      after(
          wait,
          () -> attempt(arrival, now + wait, arrival.number % 2 == 0 ? ticket : "", keepsPlace));
    }
  }

  /** Answers that were whole within that span of the run. */
  List<Answer> answers(double fromSeconds, double toSeconds) {
    return answers.stream()
        .filter(answer -> answer.endSeconds >= fromSeconds && answer.endSeconds < toSeconds)
        .toList();
  }

  List<Answer> answers() {
    return new ArrayList<>(answers);
  }

  /** The share of hints with a place after which the client was let in. */
  OptionalDouble hintHitRatio() {
    return share(hints.stream().filter(hit -> hit).count(), hints.size());
  }

  /** The share of refusals after which no slot was idle for two seconds. */
  OptionalDouble rejectionPrecision() {
    long right =
        refusals.stream()
            .filter(seconds -> {
              long from = startNanos + (long) (seconds * NANOS_PER_SECOND);
              return !house.engine().wasIdle(from, from + TimeUnit.SECONDS.toNanos(2));
            })
            .count();
    return share(right, refusals.size());
  }

  private static OptionalDouble share(long part, long all) {
    return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) part / all);
  }

  double meanServiceSeconds() {
    return house.engine().meanServiceSeconds();
  }

  /** What was neither an answer nor a refusal. */
  List<String> failures() {
    return new ArrayList<>(failures);
  }

  @Override
  public void close() {
    over = true;
    schedule.shutdownNow();
    threads.shutdownNow();
    http.shutdownNow();
  }
}
