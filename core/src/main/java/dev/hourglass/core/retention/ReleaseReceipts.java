package dev.hourglass.core.retention;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.StateRelease;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionTable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * Writes a receipt of each state that an engine lets go by policy: {@code value} where the policy
 * asked for it, {@code pressure} where others needed the room. The session lives on, and a tier
 * below may have its state. Keeps nothing; who hears {@link Event.SessionReleased} does.
 */
public final class ReleaseReceipts implements ResidencyListener {
  private final SessionTable table;
  private final InstantSource clock;
  private final EventBus events;

  public ReleaseReceipts(SessionTable table, InstantSource clock, EventBus events) {
    this.table = table;
    this.clock = clock;
    this.events = events;
  }

  @Override
  public void residencyChanged(SessionId session, int kvTokens) {}

  /** State of nobody has no receipt here: the sweep writes those. */
  @Override
  public void letGo(StateRelease release) {
    table
        .byId(release.session())
        .ifPresent(session ->
            events.publish(new Event.SessionReleased(session.kind(), receipt(session, release))));
  }

  private DestructionReceipt receipt(Session session, StateRelease release) {
    Outcome outcome = release.leftTokens() == 0 ? Outcome.APPLIED : Outcome.FAILED;
    return new DestructionReceipt(
        session.id(),
        session.tenant(),
        release.asked() ? DestructionReason.VALUE : DestructionReason.PRESSURE,
        clock.instant().minus(release.took()),
        List.of(
            new StageResult(Stage.KV, outcome, release.took()),
            new StageResult(Stage.VERIFY, outcome, Duration.ZERO)),
        new Residue.Counted(release.leftTokens()));
  }
}
