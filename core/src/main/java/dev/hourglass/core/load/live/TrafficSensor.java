package dev.hourglass.core.load.live;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** What goes in and out of an engine, from the gateway's own counters. Never waits. */
final class TrafficSensor implements Sensor {
  private static final int WINDOW_SECONDS = 5;
  private static final double TIME_CONSTANT_SECONDS = 10;

  /** An answer that has been silent for longer slows the engine's time per token now. */
  private static final long LONG_SILENCE_NANOS = 1_000_000_000;

  private final ObservedEngine engine;
  private final String place;
  private final Deque<Counts> counts = new ArrayDeque<>(WINDOW_SECONDS + 1);
  private final DecayingMean firstTextMillis = new DecayingMean(TIME_CONSTANT_SECONDS);
  private final DecayingMean tokenMillis = new DecayingMean(TIME_CONSTANT_SECONDS);

  TrafficSensor(ObservedEngine engine) {
    this.engine = engine;
    this.place = engine.info().model();
    counts.add(Counts.of(engine));
  }

  /** The engine's tally at one moment. */
  private record Counts(
      long atNanos,
      long arrivals,
      long computedPromptTokens,
      long completions,
      long firstTexts,
      long firstTextNanos,
      long laterTexts,
      long laterTextNanos) {
    static Counts of(ObservedEngine engine) {
      ObservedEngine.Tally tally = engine.tally();
      return new Counts(
          engine.nanoClock().getAsLong(),
          tally.arrivals.sum(),
          tally.computedPromptTokens.sum(),
          tally.completions.sum(),
          tally.firstTexts.sum(),
          tally.firstTextNanos.sum(),
          tally.laterTexts.sum(),
          tally.laterTextNanos.sum());
    }
  }

  @Override
  public String name() {
    return "traffic " + place;
  }

  @Override
  public Set<Series> series() {
    return Set.of(
        new Series(LoadSignal.IN_FLIGHT_REQUESTS, place),
        new Series(LoadSignal.IN_FLIGHT_TOKENS, place),
        new Series(LoadSignal.ARRIVALS, place),
        new Series(LoadSignal.UNCACHED_INPUT_TOKENS, place),
        new Series(LoadSignal.COMPLETIONS, place),
        new Series(LoadSignal.TTFT_MILLIS, place),
        new Series(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS, place));
  }

  @Override
  public List<Reading> read() {
    Counts before = counts.getLast();
    Counts now = Counts.of(engine);
    counts.add(now);
    if (counts.size() > WINDOW_SECONDS + 1) {
      counts.remove();
    }
    List<Reading> readings = new ArrayList<>();
    presence(readings);
    rates(counts.getFirst(), now, readings);
    times(before, now, readings);
    return readings;
  }

  private void presence(List<Reading> readings) {
    int requests = 0;
    double tokens = 0;
    for (ObservedEngine.Passage passage : engine.passages()) {
      requests++;
      tokens += passage.contextTokens();
    }
    readings.add(Reading.now(LoadSignal.IN_FLIGHT_REQUESTS, place, requests));
    readings.add(Reading.now(LoadSignal.IN_FLIGHT_TOKENS, place, tokens));
  }

  private void rates(Counts then, Counts now, List<Reading> readings) {
    double seconds = (now.atNanos - then.atNanos) / 1e9;
    if (seconds <= 0) {
      return;
    }
    readings.add(Reading.now(LoadSignal.ARRIVALS, place, (now.arrivals - then.arrivals) / seconds));
    readings.add(
        Reading.now(
            LoadSignal.UNCACHED_INPUT_TOKENS,
            place,
            (now.computedPromptTokens - then.computedPromptTokens) / seconds));
    readings.add(
        Reading.now(LoadSignal.COMPLETIONS, place, (now.completions - then.completions) / seconds));
  }

  private void times(Counts then, Counts now, List<Reading> readings) {
    long firstTexts = now.firstTexts - then.firstTexts;
    if (firstTexts > 0) {
      double nanos = (double) (now.firstTextNanos - then.firstTextNanos);
      firstTextMillis.update(nanos / 1e6 / firstTexts, now.atNanos);
    }
    long gaps = now.laterTexts - then.laterTexts;
    double gapNanos = (double) (now.laterTextNanos - then.laterTextNanos);
    for (ObservedEngine.Passage passage : engine.passages()) {
      long silence = passage.silentNanos(now.atNanos);
      if (silence > LONG_SILENCE_NANOS) {
        gaps++;
        gapNanos += silence;
      }
    }
    if (gaps > 0) {
      tokenMillis.update(gapNanos / 1e6 / gaps / tokensPerText(), now.atNanos);
    }
    add(LoadSignal.TTFT_MILLIS, firstTextMillis, now, readings);
    add(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS, tokenMillis, now, readings);
  }

  /** 1 where every text is one token, as long as no answer told. */
  private double tokensPerText() {
    long texts = engine.tally().textsOfAnswers.sum();
    long tokens = engine.tally().tokensOfAnswers.sum();
    return texts > 0 && tokens > 0 ? (double) tokens / texts : 1;
  }

  /** An average is as old as the last thing that went into it. */
  private void add(LoadSignal signal, DecayingMean mean, Counts now, List<Reading> readings) {
    if (!Double.isNaN(mean.mean())) {
      readings.add(
          new Reading(
              new Series(signal, place),
              mean.mean(),
              Duration.ofNanos(now.atNanos - mean.updatedNanos())));
    }
  }
}
