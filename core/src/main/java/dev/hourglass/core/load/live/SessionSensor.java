package dev.hourglass.core.load.live;

import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.SessionTimers;
import dev.hourglass.core.load.TimerCensus;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Counts a model's live sessions every five seconds, and notes when each would expire.
 *
 * <p>Of a session that expires only after the longest horizon its times of birth and last use tell
 * enough, so that memory is needed only for those that are near their end.
 */
final class SessionSensor implements Sensor {
  private static final int EVERY_SECONDS = 5;
  private static final int MEMORY_TICKS = 120;
  private static final double FAR_SECONDS = Horizon.TWO_MINUTES.seconds();

  private final SessionTable table;
  private final String model;
  private final InstantSource clock;

  private Instant countedAt;
  private Map<SessionId, Instant> nearTheirEnd = Map.of();

  // Guarded by this.
  private TimerCensus next = new TimerCensus();

  // Belong to whoever ticks.
  private final SessionTimers timers = new SessionTimers();
  private double openedPerTick;
  private int ticks;

  SessionSensor(SessionTable table, String model, InstantSource clock) {
    this.table = table;
    this.model = model;
    this.clock = clock;
    // Those who live already were not opened by anybody just now.
    this.countedAt = clock.instant();
  }

  @Override
  public String name() {
    return "sessions " + model;
  }

  @Override
  public Set<Series> series() {
    return Set.of(new Series(LoadSignal.LIVE_SESSIONS, model));
  }

  @Override
  public int everySeconds() {
    return EVERY_SECONDS;
  }

  @Override
  public List<Reading> read() {
    Instant now = clock.instant();
    Count count = new Count(now);
    table.forEach(session -> {
      if (session.model().equals(model)) {
        count.add(session);
      }
    });
    countedAt = now;
    nearTheirEnd = count.near;
    synchronized (this) {
      next = count.census;
    }
    return List.of(Reading.now(LoadSignal.LIVE_SESSIONS, model, count.live));
  }

  /** The expert that {@link #tick} tells what was counted. */
  SessionTimers timers() {
    return timers;
  }

  /** Sessions that open in five seconds, averaged over ten minutes. */
  double openedPerTick() {
    return openedPerTick;
  }

  /** Ends five seconds. A count that is late is made up for by the one before, left as it was. */
  void tick() {
    TimerCensus census;
    synchronized (this) {
      census = next;
      next = census.unchanged();
    }
    timers.tell(census);
    ticks = Math.min(ticks + 1, MEMORY_TICKS);
    openedPerTick += (census.opened() - openedPerTick) / ticks;
  }

  /** One walk through the table. */
  private final class Count {
    private final Instant now;
    private final Map<SessionId, Instant> near = new HashMap<>();
    private final TimerCensus census = new TimerCensus();
    private final double sinceCount;
    private int live;

    private Count(Instant now) {
      this.now = now;
      this.sinceCount = seconds(countedAt, now);
    }

    private void add(Session session) {
      Session.Times times = session.times(now);
      // Whoever is in use has its whole time before it, from whenever that ends.
      double remaining = times.active() ? times.left() + times.sinceUse() : times.left();
      if (remaining <= 0) {
        return; // the sweep just has not come by
      }
      live++;
      if (times.sinceBirth() < sinceCount) {
        census.opened(remaining);
      } else if (times.active() || times.sinceUse() < sinceCount) {
        Instant ended = nearTheirEnd.get(session.id());
        census.renewed(ended == null ? FAR_SECONDS : seconds(countedAt, ended), remaining);
      } else {
        census.kept(remaining);
      }
      if (remaining < FAR_SECONDS) {
        near.put(session.id(), now.plus(Duration.ofMillis((long) (1_000 * remaining))));
      }
    }
  }

  private static double seconds(Instant from, Instant to) {
    return TimeUnit.MICROSECONDS.convert(Duration.between(from, to)) / 1e6;
  }
}
