package dev.hourglass.core.activity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SessionActivityTest {
  private static final ActivityWeights WEIGHTS = ActivityWeights.DEFAULTS;
  private static final LexicalEmbedder WORDS = new LexicalEmbedder();

  private final SessionActivity session = new SessionActivity();
  private long now;

  /** A message after a silence, answered two seconds later, its first text after one. */
  private void turnAfter(Duration silence) {
    long arrived = now + silence.toNanos();
    now = arrived + Duration.ofSeconds(2).toNanos();
    session.turnEnded(arrived, now, 1);
  }

  private ActivityScore scoreAfter(Duration silence) {
    return session.score(now + silence.toNanos(), WEIGHTS);
  }

  @Test
  void densityGrowsWithMessagesAndPassesWithTheWindow() {
    turnAfter(Duration.ZERO);
    turnAfter(Duration.ofSeconds(20));

    assertThat(scoreAfter(Duration.ZERO).density()).as("two messages").isEqualTo(0.5);
    turnAfter(Duration.ofSeconds(20));
    turnAfter(Duration.ofSeconds(20));
    assertThat(scoreAfter(Duration.ZERO).density()).as("four").isEqualTo(0.75);
    assertThat(scoreAfter(Duration.ofMinutes(15)).density()).isZero();
  }

  @Test
  void silenceIsJudgedByTheSessionsOwnGaps() {
    SessionActivity slow = new SessionActivity();
    long slowNow = 0;
    for (int turn = 0; turn < 12; turn++) {
      turnAfter(Duration.ofSeconds(5));
      long arrived = slowNow + Duration.ofMinutes(20).toNanos();
      slowNow = arrived + Duration.ofSeconds(2).toNanos();
      slow.turnEnded(arrived, slowNow, 1);
    }
    Duration silence = Duration.ofMinutes(5);
    double quick = scoreAfter(silence).responsiveness();
    double patient = slow.score(slowNow + silence.toNanos(), WEIGHTS).responsiveness();

    assertThat(quick).as("never so long silent").isLessThan(0.05);
    assertThat(patient).as("mostly silent for longer").isGreaterThan(0.6);
  }

  @Test
  void responsivenessFallsWithSilenceAndWithSlowAnswers() {
    turnAfter(Duration.ZERO);
    turnAfter(Duration.ofMinutes(2));
    double before = 1;
    for (int seconds = 1; seconds < 10_000; seconds *= 3) {
      double next = scoreAfter(Duration.ofSeconds(seconds)).responsiveness();
      assertThat(next).isLessThan(before);
      before = next;
    }
    SessionActivity waited = new SessionActivity();
    waited.turnEnded(0, 0, 10);
    SessionActivity served = new SessionActivity();
    served.turnEnded(0, 0, 0);
    assertThat(waited.score(0, WEIGHTS).responsiveness())
        .isCloseTo(served.score(0, WEIGHTS).responsiveness() / 2, within(1e-9));
  }

  @Test
  void topicContinuityComparesConsecutiveTurns() {
    turnAfter(Duration.ZERO);
    say("How do I bake sourdough bread at home?");
    assertThat(scoreAfter(Duration.ZERO).topicContinuity()).as("nothing to compare").isEqualTo(0.5);
    assertThat(scoreAfter(Duration.ZERO).topicMeasure()).isEqualTo(TopicMeasure.NONE);

    say("And how long does the sourdough bread bake?");
    double same = scoreAfter(Duration.ZERO).topicContinuity();
    say("Translate into French: the invoice was paid yesterday");
    double other = scoreAfter(Duration.ZERO).topicContinuity();

    assertThat(same).isGreaterThan(0.4);
    assertThat(other).isLessThan(same);
    assertThat(scoreAfter(Duration.ZERO).topicMeasure()).isEqualTo(TopicMeasure.LEXICAL);
  }

  private void say(String text) {
    session.topic(WORDS.embed(text).orElseThrow());
  }

  @Test
  void vectorsOfTwoSpacesAreNotCompared() {
    session.topic(TopicVector.of("one", TopicMeasure.EMBEDDING, new float[] {1, 0}));
    session.topic(TopicVector.of("other", TopicMeasure.EMBEDDING, new float[] {1, 0}));

    assertThat(session.score(0, WEIGHTS).topicMeasure()).isEqualTo(TopicMeasure.NONE);
  }

  @Test
  void theScoreIsTheWeightedMeanOfItsParts() {
    turnAfter(Duration.ZERO);
    session.continuity(0.9, TopicMeasure.PREFIX);
    ActivityScore score = session.score(now, new ActivityWeights(1, 2, 5));

    assertThat(score.score())
        .isCloseTo((score.density() + 2 * score.responsiveness() + 5 * 0.9) / 8, within(1e-9));
  }

  @Test
  void covariatesTellTheSameSignals() {
    turnAfter(Duration.ZERO);
    turnAfter(Duration.ofSeconds(131));
    turnAfter(Duration.ofHours(2));
    Covariates covariates = session.covariates(now);

    assertThat(covariates.turns()).isEqualTo(3);
    assertThat(covariates.recentMessages()).isEqualTo(1);
    assertThat(covariates.gapDeviations()).isGreaterThan(3);
    assertThat(covariates.answerSeconds()).isEqualTo(1);
    assertThat(covariates.topicMeasure()).isEqualTo(TopicMeasure.NONE);
  }

  /** Turns in any order, twice at once, far apart; clocks that leap. */
  @Property
  void everyScoreLiesBetweenNothingAndAllWhateverTheClockDoes(
      @ForAll @Size(max = 30) List<@LongRange(min = -1L << 60, max = 1L << 60) Long> times,
      @ForAll @LongRange(min = -1L << 60, max = 1L << 60) long asked) {
    SessionActivity any = new SessionActivity();
    for (long at : times) {
      any.turnEnded(at, at, at % 3 == 0 ? -1 : 2);
      any.turnEnded(at, at, 2);
    }
    ActivityScore score = any.score(asked, WEIGHTS);

    assertThat(List.of(score.score(), score.density(), score.responsiveness()))
        .allMatch(part -> part >= 0 && part <= 1);
    assertThat(any.covariates(asked).gapDeviations()).isFinite();
  }

  @Test
  void refusesWeightsThatCannotBe() {
    assertThatThrownBy(() -> new ActivityWeights(-1, 1, 1))
        .hasMessage("weight of density: -1.0 (expected: 0 to 1000000)");
    assertThatThrownBy(() -> new ActivityWeights(1, Double.NaN, 1))
        .hasMessage("weight of responsiveness: NaN (expected: 0 to 1000000)");
    assertThatThrownBy(() -> new ActivityWeights(0, 0, 0))
        .hasMessage("weights: all 0 (expected: at least one > 0)");
    assertThat(new ActivityWeights(2, 1, 1)).isEqualTo(new ActivityWeights(0.5, 0.25, 0.25));
  }
}
