package dev.hourglass.app.bench.table;

import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The table, with explicit sessions. A touch takes a lease and gives it back. */
final class TableSubject implements Subject {
  private final RandomGenerator random;
  private final SteppedClock clock;
  private final SessionTable table;

  TableSubject(RandomGenerator random, SteppedClock clock, int most) {
    this.random = random;
    this.clock = clock;
    this.table =
        new SessionTable(
            new SessionLimits(most, most, 8, Duration.ofMinutes(30), Duration.ofDays(30)),
            random,
            clock,
            new EventBus());
  }

  SessionTable table() {
    return table;
  }

  @Override
  public void add(SessionId id, Duration timeToLive) {
    Instant now = clock.instant();
    SessionRecord explicit =
        new SessionRecord(
            id,
            TenantId.DEFAULT,
            SessionToken.random(random).hash(),
            "tiny",
            now,
            timeToLive,
            Map.of(),
            now,
            0,
            false);
    table.open(table.addExplicit(explicit).orElseThrow());
  }

  @Override
  public boolean touch(SessionId id) {
    Optional<Session> found = table.byId(id);
    if (found.isEmpty() || found.get().expired(clock.instant())) {
      return false;
    }
    Optional<Lease> lease = found.get().hold();
    lease.ifPresent(held -> held.end(LeaseEnd.SUCCESS));
    return lease.isPresent();
  }

  @Override
  public void expire() {
    for (Session session : table.expired(clock.instant())) {
      if (session.beginTerminatingIfIdle()) {
        session.terminated();
        table.remove(session);
      }
    }
  }

  @Override
  public int size() {
    return table.size();
  }
}
