package dev.hourglass.core.load.live;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.ForecastSkill;
import dev.hourglass.core.load.Forecaster;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.PoissonFloor;
import dev.hourglass.core.load.limit.Thresholds;
import dev.hourglass.core.load.live.LoadReport.ForecastReport;
import dev.hourglass.core.load.live.LoadReport.Outlook;
import dev.hourglass.core.load.live.LoadReport.PoolReport;
import dev.hourglass.core.load.live.LoadReport.SeriesReport;
import dev.hourglass.core.session.SessionTable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Watches the load: reads the sensors each second, foresees each five seconds what will be, and
 * derives what may be let in.
 *
 * <p>{@link #second} is called once a second by one thread and never waits: sensors are read on
 * threads of their own, and what they found is taken a second later, unless it is older than its
 * shelf life by then. Each model that is watched has a fixed number of series, and so of memory;
 * how many models there are is bounded by whoever calls {@link #watch}.
 */
public final class LoadWatch {
  private static final int TICK_SECONDS = 5;

  /** A machine this full has no room left worth counting on. */
  private static final double FULL_SHARE = 0.95;

  private static final double RATE_WINDOW_SECONDS = 5;

  private final InstantSource clock;
  private final LongSupplier nanoClock;
  private final Executor executor;
  private final SessionTable table;
  private final List<SensorGuard> guards = new CopyOnWriteArrayList<>();
  private final RefusalLog refusals = new RefusalLog();

  /** Replaced as a whole. */
  private volatile Map<String, PoolLoad> pools = Map.of();

  private volatile Map<String, Thresholds> thresholds = Map.of();

  // Guarded by this.
  private final Map<Series, LiveSeries> series = new LinkedHashMap<>();
  private long seconds;

  /**
   * Creates a watch that has seen nothing yet.
   *
   * @param engines one for each model
   * @param further sensors beside those of engines and sessions; two may not measure the same
   * @param executor runs sensors, which may wait; a virtual thread for each
   * @param nanoClock a monotonic clock
   */
  public LoadWatch(
      List<ObservedEngine> engines,
      SessionTable table,
      List<Sensor> further,
      EventBus events,
      Executor executor,
      InstantSource clock,
      LongSupplier nanoClock) {
    this.clock = clock;
    this.nanoClock = nanoClock;
    this.table = table;
    this.executor = executor;
    engines.forEach(engine -> watch(engine, List.of()));
    further.forEach(this::read);
    events.subscribe(this::note);
  }

  /**
   * Watches the engine of a further model from now on.
   *
   * @param further sensors of that model; two may not measure the same
   */
  public synchronized void watch(ObservedEngine engine, List<Sensor> further) {
    String model = engine.info().model();
    SessionSensor sessions = new SessionSensor(table, model, clock);
    Map<String, PoolLoad> all = new LinkedHashMap<>(pools);
    all.put(model, new PoolLoad(engine, sessions));
    pools = Collections.unmodifiableMap(all);
    read(new TrafficSensor(engine));
    read(new ActivitySensor(engine));
    read(new MemorySensor(engine));
    read(sessions);
    further.forEach(this::read);
    thresholds = derived();
  }

  private void read(Sensor sensor) {
    guards.add(new SensorGuard(sensor, executor, nanoClock));
    sensor.series().stream().sorted(Comparator.comparing(Series::signal)).forEach(this::add);
  }

  private void note(Event event) {
    if (event instanceof Event.TurnArrived(String model)) {
      PoolLoad pool = pools.get(model);
      if (pool != null) {
        pool.engine().tally().arrivals.increment();
      }
    } else if (event instanceof Event.TurnRefused(Refusal refusal)) {
      refusals.note(refusal, clock.instant());
    }
  }

  private void add(Series added) {
    PoolLoad pool = pools.get(added.place());
    Forecaster forecaster =
        added.signal() == LoadSignal.LIVE_SESSIONS && pool != null
            ? Forecaster.ofSessions(pool.sessions().timers())
            : Forecaster.ofValues();
    if (series.put(added, new LiveSeries(added, forecaster)) != null) {
      throw new IllegalArgumentException(
          "series: " + added + " (expected: measured by one sensor only)");
    }
  }

  /** Takes what sensors have read, looks ahead every fifth time, and has them read anew. */
  public synchronized void second() {
    long now = nanoClock.getAsLong();
    seconds++;
    for (SensorGuard guard : guards) {
      SensorGuard.Taken taken = guard.take();
      for (Reading reading : taken.readings()) {
        known(reading.series()).read(reading.value(), taken.takenNanos() - reading.age().toNanos());
      }
    }
    series.values().forEach(one -> one.second(now));
    if (seconds % TICK_SECONDS == 0) {
      tick();
    }
    pools.values().forEach(pool -> pool.second(measured(pool, now)));
    thresholds = derived();
    for (SensorGuard guard : guards) {
      // One that is read every five seconds is read a second before each tick.
      if ((seconds + 1) % guard.sensor().everySeconds() == 0) {
        guard.poll();
      }
    }
  }

  private void tick() {
    // Timers are told who lives before their forecaster looks ahead.
    pools.values().forEach(pool -> pool.sessions().tick());
    series.values().forEach(LiveSeries::tick);
  }

  // --- what follows for each model -------------------------------------------------------------

  /** What admission may count on now. Never waits; safe from any thread. */
  public Optional<Thresholds> thresholds(String model) {
    return Optional.ofNullable(thresholds.get(model));
  }

  private Map<String, Thresholds> derived() {
    long now = nanoClock.getAsLong();
    Map<String, Thresholds> all = new LinkedHashMap<>();
    pools.forEach((model, pool) -> all.put(model, pool.thresholds(measured(pool, now))));
    return all;
  }

  private PoolLoad.Measured measured(PoolLoad pool, long now) {
    LiveSeries tokens = at(pool, LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS);
    LiveSeries inFlight = at(pool, LoadSignal.IN_FLIGHT_REQUESTS);
    return new PoolLoad.Measured(
        inFlight.value(),
        tokens.value(),
        tokens.wasRead()
            && now - tokens.takenNanos() <= LoadSignal.IN_FLIGHT_REQUESTS.shelfLife().toNanos(),
        at(pool, LoadSignal.TTFT_MILLIS).value(),
        inFlight.level().mean(),
        expectedRequests(pool, inFlight));
  }

  /**
   * The P90 of requests in flight in half a minute: what the count itself says, or what the
   * arrivals would bring if nobody were refused, λ·s by Little's law, whichever is more.
   */
  private OptionalDouble expectedRequests(PoolLoad pool, LiveSeries inFlight) {
    Optional<Forecast> present = inFlight.forecast(Horizon.HALF_MINUTE);
    if (present.isEmpty()) {
      return OptionalDouble.empty();
    }
    double wanted =
        at(pool, LoadSignal.ARRIVALS).forecast(Horizon.HALF_MINUTE).map(Forecast::p90).orElse(0.0)
            * pool.engine().shapes().typical().seconds();
    return OptionalDouble.of(Math.max(present.get().p90(), wanted));
  }

  private LiveSeries at(PoolLoad pool, LoadSignal signal) {
    return known(new Series(signal, pool.model()));
  }

  private LiveSeries known(Series which) {
    return Objects.requireNonNull(series.get(which), "a guard lets known series through only");
  }

  // --- what there is to see --------------------------------------------------------------------

  /** Every series there is, in the order of reports. */
  public synchronized List<Series> series() {
    return List.copyOf(series.keySet());
  }

  public Collection<String> models() {
    return List.copyOf(pools.keySet());
  }

  /** The value of now; empty where unknown. */
  public synchronized OptionalDouble value(Series which) {
    LiveSeries found = series.get(which);
    return found == null ? OptionalDouble.empty() : found.value();
  }

  /** What is foreseen of a series; empty where unknown. */
  public synchronized Optional<Outlook> outlook(Series which, Horizon horizon) {
    return Optional.ofNullable(series.get(which)).map(found -> outlook(found, horizon));
  }

  public List<SensorHealth> sensors() {
    return guards.stream().map(SensorGuard::health).toList();
  }

  public synchronized LoadReport report() {
    Instant now = clock.instant();
    long nowNanos = nanoClock.getAsLong();
    Map<String, Thresholds> current = thresholds;
    return new LoadReport(
        now,
        current.entrySet().stream()
            .map(pool -> new PoolReport(pool.getKey(), pool.getValue()))
            .toList(),
        series.values().stream().map(one -> report(one, now, nowNanos)).toList(),
        sensors(),
        refusals.total(),
        refusals.latest());
  }

  private SeriesReport report(LiveSeries one, Instant now, long nowNanos) {
    Bound bound = bound(one.series());
    double level = one.level().mean();
    return new SeriesReport(
        one.series(),
        one.value(),
        one.wasRead() ? now.minusNanos(nowNanos - one.takenNanos()) : null,
        Double.isNaN(level) ? OptionalDouble.empty() : OptionalDouble.of(level),
        one.level().deviation(),
        bound.capacity,
        bound.meaning,
        list(one.ring().points()),
        Arrays.stream(Horizon.values()).map(horizon -> forecast(one, horizon)).toList());
  }

  private ForecastReport forecast(LiveSeries one, Horizon horizon) {
    return new ForecastReport(
        outlook(one, horizon),
        list(one.foreseen(horizon).p50().points()),
        list(one.foreseen(horizon).p90().points()));
  }

  private Outlook outlook(LiveSeries one, Horizon horizon) {
    Optional<Forecast> forecast = one.forecast(horizon);
    OptionalDouble capacity = bound(one.series()).capacity;
    Optional<ForecastSkill> skill = one.forecaster().skill(horizon);
    return new Outlook(
        horizon,
        forecast.orElse(null),
        forecast.isPresent() && capacity.isPresent()
            ? one.forecaster().chanceAbove(capacity.getAsDouble(), horizon)
            : OptionalDouble.empty(),
        skill.orElse(null),
        skill.map(known -> floor(one.series(), known, horizon)).orElse(OptionalDouble.empty()));
  }

  private static List<Double> list(double[] points) {
    return Arrays.stream(points).boxed().toList();
  }

  /** What a signal may not pass, and why. */
  private record Bound(OptionalDouble capacity, String meaning) {
    static final Bound NONE = new Bound(OptionalDouble.empty(), "");
  }

  private Bound bound(Series which) {
    PoolLoad pool = pools.get(which.place());
    return switch (which.signal()) {
      case IN_FLIGHT_REQUESTS ->
          pool == null
              ? Bound.NONE
              : new Bound(OptionalDouble.of(pool.limit()), pool.capacity().explanation());
      case KV_USED_TOKENS, IN_FLIGHT_TOKENS ->
          pool == null
              ? Bound.NONE
              : new Bound(pool.capacity().kvTokens(), "The KV cells that the engine has.");
      case ARRIVALS, COMPLETIONS ->
          pool == null
              ? Bound.NONE
              : new Bound(pool.capacity().requestsPerSecond(), pool.capacity().explanation());
      case HOST_CPU, HOST_MEMORY ->
          new Bound(OptionalDouble.of(FULL_SHARE), "A machine this full is taken to be full.");
      case QUEUE_LENGTH,
          STEP_MILLIS,
          UNCACHED_INPUT_TOKENS,
          TTFT_MILLIS,
          TIME_PER_OUTPUT_TOKEN_MILLIS,
          LIVE_SESSIONS,
          RESERVATIONS_DUE,
          HOST_NETWORK ->
          Bound.NONE;
    };
  }

  /** The WAPE that no forecast can go below, by what cannot be known of the series. */
  private OptionalDouble floor(Series which, ForecastSkill skill, Horizon horizon) {
    double load = skill.meanLoad();
    if (!(load > 0)) {
      return OptionalDouble.empty();
    }
    PoolLoad pool = pools.get(which.place());
    return switch (which.signal().scatter()) {
      case PRESENT -> {
        double still = pool == null ? 0 : pool.engine().shapes().stillThereAfter(horizon.seconds());
        yield OptionalDouble.of(PoissonFloor.wape(load, load * (1 - still * still)));
      }
      case EVENTS -> {
        double events = load * RATE_WINDOW_SECONDS;
        yield OptionalDouble.of(PoissonFloor.wape(events, events));
      }
      case SESSIONS ->
          pool == null
              ? OptionalDouble.empty()
              : OptionalDouble.of(
                  PoissonFloor.wape(load, pool.sessions().openedPerTick() * horizon.steps()));
      case NONE -> OptionalDouble.empty();
    };
  }
}
