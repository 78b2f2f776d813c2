package dev.hourglass.core.retention.policy;

import static dev.hourglass.core.retention.policy.RetentionStage.HOT_ONLY;
import static dev.hourglass.core.retention.policy.RetentionStage.LADDER;
import static dev.hourglass.core.retention.policy.RetentionStage.LONG;
import static dev.hourglass.core.retention.policy.RetentionStage.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.policy.RetentionPolicy.ByValue;
import dev.hourglass.core.retention.policy.RetentionPolicy.FixedTtl;
import dev.hourglass.core.retention.policy.RetentionPolicy.LeastRecent;
import dev.hourglass.core.retention.policy.RetentionPolicy.Lively;
import dev.hourglass.core.retention.policy.RetentionPolicy.TieredTtl;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class LiveRetentionTest {
  @Test
  void policiesHaveNamesAndOthersAreNone() {
    Duration ttl = Duration.ofMinutes(5);
    for (String name : RetentionPolicy.NAMES) {
      assertThat(RetentionPolicy.ofName(name, ttl, ttl)).map(RetentionPolicy::name).contains(name);
    }
    assertThat(RetentionPolicy.ofName("LRU", ttl, ttl)).isEmpty();
    assertThat(RetentionPolicy.ofName("", ttl, ttl)).isEmpty();
  }

  @Test
  void ttlsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> new FixedTtl(Duration.ZERO)).hasMessageContaining("expected: > 0");
    assertThatThrownBy(() -> new TieredTtl(Duration.ofSeconds(-1), Duration.ofSeconds(1)))
        .hasMessageContaining("hot: PT-1S (expected: > 0)");
    assertThatThrownBy(() -> new TieredTtl(Duration.ofSeconds(9), Duration.ofSeconds(1)))
        .hasMessageContaining("cold: PT1S (expected: >= hot, PT9S)");
  }

  @Test
  void lruLetsGoWhoWasUsedLongestAgo() {
    RetentionStage stage = new RetentionStage(new LeastRecent(), HOT_ONLY);
    SessionId first = stage.bornAndUsed(100);
    stage.pass(1);
    SessionId second = stage.bornAndUsed(100);
    stage.pass(1);
    stage.uses(first, 100);

    assertThat(stage.next(first, second)).isEqualTo(second);
    assertThat(stage.second(1)).isEmpty();
    assertThat(stage.standing(first).why())
        .isEqualTo("kept HOT: used 0 s ago, whoever was used before goes first");
  }

  @Test
  void valueKeepsWhoComesBackAlthoughOthersWereUsedLater() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    stage.teach();
    SessionId returns = stage.bornAndUsed(LONG);
    stage.pass(40);
    SessionId newcomer = stage.bornAndUsed(SHORT);

    assertThat(stage.next(newcomer, returns)).isEqualTo(newcomer);
    assertThat(new RetentionStage(new LeastRecent(), HOT_ONLY).next(newcomer, returns))
        .as("both unknown: the first offered")
        .isEqualTo(newcomer);
  }

  @Test
  void saysWhatItIsWorthAndWhenItIsExpectedBack() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    stage.teach();
    SessionId returns = stage.bornAndUsed(LONG);
    SessionId once = stage.bornAndUsed(SHORT);
    stage.pass(10);

    assertThat(stage.standing(returns).why()).matches("kept HOT: .*, likely back within .*");
    assertThat(stage.next(once, returns)).isEqualTo(once);
    stage.retention.residencyChanged(once, 0);

    assertThat(stage.standing(once).why())
        .isEqualTo("went from HOT to transcript only: others needed the room and were worth more");
    assertThat(stage.standing(returns).prices().orElseThrow()).isGreaterThan(1.5);
    assertThat(stage.standing(returns).why())
        .matches("kept HOT: worth [0-9.]+ λ, likely back within (\\d+ s|2 min)");
  }

  @Test
  void thePriceRisesWhileTheEngineIsForeseenToBeFullAndFallsAgain() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    stage.bornAndUsed(1_000);
    SessionId busy = stage.bornAndUsed(3_000);
    stage.begins(busy);
    stage.retention.second(new TierUse(0.5, OptionalDouble.of(1), 0, 0));
    double first = price(stage);
    stage.retention.second(new TierUse(0.5, OptionalDouble.of(1), 0, 0));
    double pressed = price(stage);
    assertThat(pressed).isGreaterThan(first);

    for (int second = 0; second < 10; second++) {
      stage.second(0.3);
    }
    assertThat(price(stage)).isLessThan(pressed / 2);
  }

  @Test
  void whoIsWorthLessThanThePriceGoesUnaskedWhileTheEngineIsForeseenToBeFull() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    stage.teach();
    stage.bornAndUsed(LONG);
    SessionId once = stage.bornAndUsed(SHORT);
    stage.pass(20);

    assertThat(stage.second(0.9)).as("there is room").isEmpty();
    Leaving leaving = null;
    for (int second = 0; leaving == null && second < 60; second++) {
      leaving = stage.second(1).stream().findFirst().orElse(null);
    }

    assertThat(leaving).isEqualTo(new Leaving(once, Residency.HOT));
    stage.retention.residencyChanged(once, 0);
    assertThat(stage.standing(once).why()).contains("it was worth less than λ");
    assertThat(departures(stage)).containsEntry(Departure.PRICE, 1L);
  }

  @Test
  void fixedTtlKeepsNothingOfWhoWasIdleForTooLong() {
    RetentionStage stage = new RetentionStage(new FixedTtl(Duration.ofSeconds(60)), LADDER);
    SessionId old = stage.bornAndUsed(1_000);
    stage.pass(30);
    SessionId young = stage.bornAndUsed(1_000);
    assertThat(stage.standing(old).why()).isEqualTo("kept HOT: idle for 30 s of 60 s");
    assertThat(stage.retention.keeps(old)).isTrue();
    assertThat(stage.second(0.1)).isEmpty();

    stage.pass(30);
    assertThat(stage.second(0.1)).containsExactly(new Leaving(old, Residency.HOT));
    assertThat(stage.retention.keeps(old)).isFalse();
    stage.retention.residencyChanged(old, 0);
    assertThat(stage.second(0.1)).isEmpty();
    assertThat(stage.standing(old).why()).contains("it was idle for its whole TTL");
    assertThat(stage.standing(young).why()).startsWith("kept HOT");
  }

  @Test
  void tieredTtlKeepsTheSnapshotLonger() {
    RetentionStage stage =
        new RetentionStage(new TieredTtl(Duration.ofSeconds(60), Duration.ofSeconds(300)), LADDER);
    SessionId session = stage.bornAndUsed(1_000);
    stage.pass(60);
    assertThat(stage.second(0.1)).containsExactly(new Leaving(session, Residency.HOT));
    assertThat(stage.retention.keeps(session)).isTrue();
    stage.retention.residencyChanged(session, 0);
    stage.retention.shelved(session, Residency.WARM);
    assertThat(stage.second(0.1)).isEmpty();
    assertThat(stage.standing(session).why())
        .isEqualTo(
            "kept WARM: idle for 60 s of 5 min; it left HOT since it was idle for its whole TTL");

    stage.pass(240);
    assertThat(stage.second(0.1)).containsExactly(new Leaving(session, Residency.WARM));
  }

  @Test
  void aTtlDoesNotTouchWhoIsInUse() {
    RetentionStage stage = new RetentionStage(new FixedTtl(Duration.ofSeconds(60)), LADDER);
    SessionId session = stage.bornAndUsed(1_000);
    stage.begins(session);
    stage.pass(600);
    assertThat(stage.second(1)).isEmpty();
    assertThat(stage.standing(session).why()).isEqualTo("kept HOT: in use");
  }

  @Test
  void activityGoesByTheScore() {
    Map<Integer, SessionId> sessions = new HashMap<>();
    RetentionStage stage =
        new RetentionStage(
            new Lively(),
            HOT_ONLY,
            session -> Optional.of(() -> session.equals(sessions.get(0)) ? 0.2 : 0.7),
            10);
    sessions.put(1, stage.bornAndUsed(1_000));
    stage.pass(1);
    sessions.put(0, stage.bornAndUsed(1_000));

    assertThat(stage.next(sessions.get(0), sessions.get(1))).isEqualTo(sessions.get(0));
    assertThat(stage.standing(sessions.get(1)).why())
        .isEqualTo("kept HOT: activity 0.70, the least goes first");
  }

  @Test
  void activityUnmeasuredIsHowLatelyAndHowOftenItWasUsed() {
    RetentionStage stage = new RetentionStage(new Lively(), HOT_ONLY);
    SessionId dense = stage.born();
    SessionId sparse = stage.born();
    for (int turn = 0; turn < 10; turn++) {
      stage.uses(dense, 100);
    }
    stage.uses(sparse, 100);
    stage.pass(60);
    assertThat(stage.next(dense, sparse)).isEqualTo(sparse);
  }

  @Test
  void whoseTurnIsHereAlreadyGoesLast() {
    for (RetentionPolicy policy :
        new RetentionPolicy[] {new ByValue(), new LeastRecent(), new Lively()}) {
      RetentionStage stage = new RetentionStage(policy, HOT_ONLY);
      SessionId asked = stage.bornAndUsed(1_000);
      stage.pass(5);
      SessionId idle = stage.bornAndUsed(1_000);
      stage.begins(asked);
      assertThat(stage.next(asked, idle)).as(policy.name()).isEqualTo(idle);
    }
  }

  @Test
  void eventsThatComeTwiceOrOutOfOrderChangeNothing() {
    RetentionStage plain = new RetentionStage(new ByValue(), HOT_ONLY);
    RetentionStage rough = new RetentionStage(new ByValue(), HOT_ONLY);
    for (RetentionStage stage : new RetentionStage[] {plain, rough}) {
      boolean twice = stage == rough;
      for (int round = 0; round < 100; round++) {
        SessionId session = stage.born();
        if (twice) {
          stage.waits(session);
          stage.retention.note(new Event.SessionCreated(session, SessionKind.EXPLICIT));
        }
        stage.uses(session, 1_000);
        if (twice) {
          stage.waits(session);
        }
        stage.pass(30);
        stage.begins(session);
        if (twice) {
          stage.begins(session);
        }
        stage.waits(session);
        if (twice) {
          stage.waits(session);
        }
        stage.ends(session);
        if (twice) {
          stage.ends(session);
          stage.begins(session);
          stage.waits(session);
          stage.retention.residencyChanged(session, 500);
        }
      }
      stage.pass(20);
      stage.second(0.5);
    }

    assertThat(rough.retention.current().watched()).isZero();
    assertThat(rough.retention.current().of(Residency.HOT).sessions()).isZero();
    SessionId one = plain.bornAndUsed(1_000);
    SessionId other = rough.bornAndUsed(1_000);
    assertThat(rough.retention.worth(other, Residency.HOT, 1_000))
        .isEqualTo(plain.retention.worth(one, Residency.HOT, 1_000));
  }

  @Test
  void aClockThatGoesBackMakesNobodyOlderOrYounger() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    SessionId session = stage.bornAndUsed(1_000);
    stage.pass(30);
    stage.second(0.5);
    stage.pass(-2_000);
    stage.uses(session, 1_000);
    SessionId other = stage.bornAndUsed(1_000);
    stage.second(1);
    stage.pass(1e6);
    stage.uses(session, 1_000);
    stage.second(1);

    assertThat(stage.next(session, other)).isEqualTo(other);
    assertThat(stage.retention.worth(session, Residency.HOT, 1_000)).isFinite().isPositive();
  }

  @Test
  void moreSessionsThanMayBeAreNotWatchedAndGoFirst() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY, Liveliness.UNKNOWN, 1);
    SessionId known = stage.bornAndUsed(1_000);
    SessionId unknown = stage.bornAndUsed(1_000);
    assertThat(stage.retention.current().watched()).isOne();
    assertThat(stage.next(known, unknown)).isEqualTo(unknown);
    assertThat(stage.standing(unknown).why()).startsWith("not watched");
  }

  @Test
  void goesByLastUseWhereThatKeepsMore() {
    RetentionStage stage = new RetentionStage(new ByValue(), HOT_ONLY);
    stage.teach();
    // From now on it is the other way round, and nothing new is estimated.
    for (int round = 0; round < 100; round++) {
      stage.bornAndUsed(LONG);
      SessionId one = stage.bornAndUsed(SHORT);
      SessionId two = stage.bornAndUsed(SHORT);
      stage.pass(2);
      stage.uses(one, SHORT);
      stage.ends(one);
      stage.uses(two, SHORT);
      stage.ends(two);
    }

    assertThat(stage.retention.current().fallenBack()).isTrue();
    SessionId first = stage.bornAndUsed(LONG);
    stage.pass(1);
    SessionId second = stage.bornAndUsed(SHORT);
    assertThat(stage.next(second, first)).isEqualTo(first);
    assertThat(stage.standing(first).prices()).isEmpty();
  }

  private static double price(RetentionStage stage) {
    return stage.retention.current().of(Residency.HOT).price().orElseThrow();
  }

  private static Map<Departure, Long> departures(RetentionStage stage) {
    return stage.retention.current().of(Residency.HOT).departures();
  }
}
