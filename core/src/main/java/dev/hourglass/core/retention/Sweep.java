package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionTable;
import java.time.InstantSource;

/**
 * The periodic look for what should be gone: expired sessions are destroyed, and KV state that no
 * session owns is released.
 */
public final class Sweep {
  private final SessionTable table;
  private final EngineDirectory engines;
  private final Destruction destruction;
  private final InstantSource clock;
  private final EventBus events;

  public Sweep(
      SessionTable table,
      EngineDirectory engines,
      Destruction destruction,
      InstantSource clock,
      EventBus events) {
    this.table = table;
    this.engines = engines;
    this.destruction = destruction;
    this.clock = clock;
    this.events = events;
  }

  /** One look; what it starts goes on asynchronously. */
  public void run() {
    for (Session session : table.expired(clock.instant())) {
      destruction.destroyIfIdle(session, DestructionReason.EXPIRED);
    }
    for (Engine engine : engines.engines()) {
      var _ =
          engine
              .occupancy()
              .thenAccept(occupancy ->
                  occupancy.sessions().keySet().stream()
                      .filter(held -> table.byId(held).isEmpty())
                      .forEach(orphan -> releaseOrphan(engine, orphan)));
    }
  }

  /** A session that ended between the two looks has nothing to release any more: not an orphan. */
  private void releaseOrphan(Engine engine, SessionId orphan) {
    var _ =
        engine
            .release(orphan)
            .thenAccept(outcome -> {
              if (outcome instanceof KvOutcome.Applied(int kvTokens) && kvTokens > 0) {
                events.publish(new Event.OrphanReleased(orphan));
              }
            });
  }
}
