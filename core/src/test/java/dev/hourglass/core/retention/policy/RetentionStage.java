package dev.hourglass.core.retention.policy;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseOrder.IdleResident;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionSnapshot;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A retention whose sessions live as a test says, on a clock that the test moves. */
final class RetentionStage {
  static final Tiers HOT_ONLY = new Tiers(16_000, 16, 0, 0);
  static final Tiers LADDER = new Tiers(16_000, 16, 1 << 20, 1 << 22);

  static final int SHORT = 1_000;
  static final int LONG = 3_000;

  final LiveRetention retention;
  private final Random random = new Random(3);
  private long nanos = 1_000_000_000_000L;

  RetentionStage(RetentionPolicy policy, Tiers tiers) {
    this(policy, tiers, Liveliness.UNKNOWN, 10_000);
  }

  RetentionStage(RetentionPolicy policy, Tiers tiers, Liveliness liveliness, int mostSessions) {
    retention =
        new LiveRetention(
            policy, tiers, ReturnCost.ASSUMED, liveliness, mostSessions, () -> nanos, random);
  }

  void pass(double seconds) {
    nanos += (long) (seconds * 1e9);
  }

  SessionId born() {
    SessionId session = SessionId.random(random);
    retention.note(new Event.SessionCreated(session, SessionKind.EXPLICIT));
    return session;
  }

  void begins(SessionId session) {
    retention.note(new Event.StateChanged(session, SessionState.IDLE, SessionState.ACTIVE));
  }

  void waits(SessionId session) {
    retention.note(new Event.StateChanged(session, SessionState.ACTIVE, SessionState.IDLE));
  }

  void ends(SessionId session) {
    retention.note(new Event.StateChanged(session, SessionState.IDLE, SessionState.TERMINATING));
  }

  /** A turn of no length, after which the engine holds the tokens. */
  void uses(SessionId session, int kvTokens) {
    begins(session);
    retention.residencyChanged(session, kvTokens);
    waits(session);
    GenerationUsage usage = new GenerationUsage(new PromptUsage(kvTokens, 0, 0), 0, kvTokens);
    retention.note(
        new Event.TurnEnded(
            session,
            new TurnEnd.Completed(
                FinishReason.STOP,
                usage,
                new TurnEnd.TurnTiming(null, null, Duration.ZERO),
                false)));
  }

  SessionId bornAndUsed(int kvTokens) {
    SessionId session = born();
    uses(session, kvTokens);
    return session;
  }

  @Nullable SessionId next(SessionId... idle) {
    List<IdleResident> candidates = new ArrayList<>();
    for (SessionId session : idle) {
      candidates.add(new IdleResident(session, 1_000, 0));
    }
    return retention.next(candidates).orElse(null);
  }

  List<Leaving> second(double hot) {
    return retention.second(new TierUse(hot, OptionalDouble.empty(), 0, 0));
  }

  Standing standing(SessionId session) {
    Instant now = Instant.EPOCH;
    return retention.standing(
        new SessionSnapshot(
            session,
            new TenantId("acme"),
            SessionKind.EXPLICIT,
            "model",
            SessionState.IDLE,
            Residency.HOT,
            1,
            1_000,
            now,
            now,
            now.plusSeconds(1_800),
            Map.of(),
            null));
  }

  /** Teaches that long sessions come back after a minute, and short ones never do. */
  void teach() {
    for (int session = 0; session < 200; session++) {
      SessionId quiet = bornAndUsed(SHORT);
      SessionId returning = bornAndUsed(LONG);
      pass(60);
      uses(returning, LONG);
      pass(60);
      uses(returning, LONG);
      ends(returning);
      ends(quiet);
      second(0.5);
    }
  }
}
