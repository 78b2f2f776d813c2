package dev.hourglass.core.activity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ActivityWatchTest {
  private static final ActivityWeights WEIGHTS = ActivityWeights.DEFAULTS;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final AtomicLong nanos = new AtomicLong(1_000 * SECOND);
  private final List<String> embedded = new ArrayList<>();
  private final SessionActivity session = new SessionActivity();

  private Optional<TopicVector> embed(String text) {
    embedded.add(text);
    return text.startsWith("?")
        ? Optional.empty()
        : Optional.of(
            TopicVector.of("test", TopicMeasure.EMBEDDING, new float[] {text.length(), 1}));
  }

  @Test
  void topicsAreFoundOutOffThePath() {
    ActivityWatch watch = new ActivityWatch(WEIGHTS, this::embed, 10, nanos::get);
    watch.turnEnded(session, "one", SECOND, 0.5);
    watch.turnEnded(session, "two", SECOND, 0.5);

    assertThat(embedded).as("not yet").isEmpty();
    assertThat(watch.score(session).density()).as("known at once").isEqualTo(0.5);
    assertThat(watch.waiting()).isEqualTo(2);
    watch.measureTopics();

    assertThat(embedded).containsExactly("one", "two");
    assertThat(watch.waiting()).isZero();
    assertThat(watch.embedded()).isEqualTo(2);
    assertThat(watch.score(session).topicMeasure()).isEqualTo(TopicMeasure.EMBEDDING);
    assertThat(watch.score(session).topicContinuity()).isEqualTo(1);
  }

  @Test
  void whatFindsTheQueueFullIsCountedAndOnlyItsTopicIsLost() {
    ActivityWatch watch = new ActivityWatch(WEIGHTS, this::embed, 3, nanos::get);
    for (int turn = 0; turn < 8; turn++) {
      watch.turnEnded(session, "turn " + turn, 0, 0);
    }
    assertThat(watch.waiting()).isEqualTo(3);
    assertThat(watch.skipped()).isEqualTo(5);
    assertThat(session.covariates(nanos.get()).recentMessages()).isEqualTo(8);
    watch.measureTopics();

    assertThat(embedded).containsExactly("turn 0", "turn 1", "turn 2");
    watch.turnEnded(session, "again", 0, 0);
    assertThat(watch.waiting()).as("there is room again").isEqualTo(1);
  }

  @Test
  void whereTheEmbedderCannotTellWordsAreCompared() {
    ActivityWatch watch = new ActivityWatch(WEIGHTS, this::embed, 10, nanos::get);
    watch.turnEnded(session, "? bread from sourdough", 0, 0);
    watch.turnEnded(session, "? sourdough bread", 0, 0);
    watch.turnEnded(session, null, 0, 0);
    watch.measureTopics();

    assertThat(watch.byWords()).isEqualTo(2);
    assertThat(watch.score(session).topicMeasure()).isEqualTo(TopicMeasure.LEXICAL);
    assertThat(watch.score(session).topicContinuity()).isGreaterThan(0.5);
  }

  @Test
  void aLongTextIsNotHeldForItsLength() {
    ActivityWatch watch = new ActivityWatch(WEIGHTS, this::embed, 10, nanos::get);
    watch.turnEnded(session, "x".repeat(1_000_000), 0, 0);
    watch.measureTopics();

    assertThat(embedded.getFirst()).hasSize(2_000);
  }

  @Test
  void turnsAreCountedByTheMinuteInWhichTheyArrived() {
    nanos.set(0);
    ActivityWatch watch = ActivityWatch.ofWords(nanos::get);
    TurnPulse pulse = watch.pulse();
    nanos.set(59 * SECOND);
    watch.turnEnded(session, "short", SECOND, 0);
    nanos.set(61 * SECOND);
    watch.turnEnded(session, "long, and told after the minute", 30 * SECOND, 0);
    watch.turnEnded(session, "of the next minute", 0, 0);
    watch.measureTopics();
    assertThat(pulse.lastMinute()).as("may still grow").isZero();

    nanos.set(60 * SECOND + TurnPulse.LATENESS.toNanos());
    watch.measureTopics();
    assertThat(pulse.lastMinute()).isEqualTo(2);
    assertThat(pulse.lastTenMinutes()).isEqualTo(2);
    assertThat(pulse.lastBurst()).isZero();

    watch.turnEnded(session, "too long", nanos.get() - SECOND, 0);
    nanos.addAndGet(60 * SECOND);
    watch.measureTopics();
    assertThat(pulse.late()).isEqualTo(1);
    assertThat(pulse.lastMinute()).as("nobody is counted twice").isEqualTo(1);
    assertThat(pulse.lastTenMinutes()).as("it was late for its own minute alone").isEqualTo(4);
    assertThat(pulse.lastBurst()).as("all came one after the other").isEqualTo(3);

    nanos.addAndGet(3_600 * SECOND);
    watch.measureTopics();
    assertThat(pulse.lastMinute()).isZero();
    assertThat(pulse.lastTenMinutes()).isZero();
  }

  @Test
  void aClockThatLeapsBackDuringATurnMakesItAShortOne() {
    ActivityWatch watch = ActivityWatch.ofWords(nanos::get);
    watch.turnEnded(session, "x", -500 * SECOND, 0);
    watch.turnEnded(session, "x", -500 * SECOND, 0);

    assertThat(session.covariates(nanos.get()).recentMessages()).isEqualTo(2);
  }

  @Test
  void theCacheKnowsTheTextsOfLateAndNoMore() {
    CachedEmbedder cache = new CachedEmbedder(this::embed, 2);
    cache.embed("a");
    cache.embed("bb");
    cache.embed("a");
    cache.embed("ccc");
    cache.embed("bb");
    cache.embed("?");
    cache.embed("?");

    assertThat(embedded).containsExactly("a", "bb", "ccc", "bb", "?", "?");
    assertThat(cache.hits()).isEqualTo(1);
    assertThat(cache.misses()).isEqualTo(6);
  }

  @Test
  void refusesBoundsThatCannotBe() {
    assertThatThrownBy(() -> new ActivityWatch(WEIGHTS, this::embed, 0, nanos::get))
        .hasMessage("waiting: 0 (expected: >= 1)");
    assertThatThrownBy(() -> new CachedEmbedder(this::embed, 0))
        .hasMessage("texts: 0 (expected: >= 1)");
  }
}
