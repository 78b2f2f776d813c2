package dev.hourglass.server;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.reservation.PoolCalendar;
import dev.hourglass.core.reservation.Reservations;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is of each model among the metrics; models that come later are shown as well, names
 * that only a client gave are not.
 */
final class ModelMeters {
  private static final Logger log = LoggerFactory.getLogger(ModelMeters.class);
  private static final Duration OCCUPANCY_WAIT = Duration.ofMillis(500);

  private final MeterRegistry registry;
  private final House house;
  private final PoolMeters pools;
  private final LoadMeters load;

  // Guarded by this.
  private final Map<String, AtomicInteger> usedKvTokens = new HashMap<>();
  private final Set<String> reserved = new HashSet<>();
  private final Set<String> admitted = new HashSet<>();

  ModelMeters(MeterRegistry registry, House house) {
    this.registry = registry;
    this.house = house;
    pools = new PoolMeters(registry, house.pools());
    load = new LoadMeters(registry, house.load());
    // Those that were sold of models of an earlier start, too.
    house.reservations().calendars().forEach(known -> reservations(known.pool()));
    show();
  }

  /** Reads what has to be asked for. May wait. */
  void refresh() throws InterruptedException {
    for (Engine engine : show()) {
      refresh(engine);
    }
    pools.refresh();
  }

  private void refresh(Engine engine) throws InterruptedException {
    try {
      KvOccupancy occupancy =
          engine
              .occupancy()
              .toCompletableFuture()
              .get(OCCUPANCY_WAIT.toMillis(), TimeUnit.MILLISECONDS);
      used(engine).set(occupancy.usedTokens());
    } catch (ExecutionException | TimeoutException late) {
      log.debug("occupancy of {} is not known now", engine.info().model(), late);
    }
  }

  /** Shows what there is by now and was not shown yet; answers the engines of it all. */
  private synchronized List<Engine> show() {
    load.refresh();
    house
        .gateway()
        .admissions()
        .byModel()
        .forEach((model, admission) -> {
          if (admitted.add(model)) {
            AdmissionMeters.show(model, admission, registry);
          }
        });
    Set<String> models = Set.copyOf(house.load().models());
    models.forEach(this::reservations);
    List<Engine> engines =
        house.engines().engines().stream()
            .filter(engine -> models.contains(engine.info().model()))
            .toList();
    engines.forEach(this::used);
    return engines;
  }

  private synchronized AtomicInteger used(Engine engine) {
    return usedKvTokens.computeIfAbsent(
        engine.info().model(),
        model -> {
          AtomicInteger used = new AtomicInteger();
          Gauge.builder("hourglass.kv.used.tokens", used, AtomicInteger::get)
              .description("KV tokens in use, a shared one counted once")
              .tag("model", model)
              .register(registry);
          Gauge.builder("hourglass.kv.capacity.tokens", () -> engine.info().kvCapacityTokens())
              .description("KV tokens there are")
              .tag("model", model)
              .register(registry);
          return used;
        });
  }

  private void reservations(String pool) {
    if (!reserved.add(pool)) {
      return;
    }
    reservationGauge(pool, "live", "Held or sold", PoolCalendar::live);
    reservationGauge(pool, "capacity", "Sessions that can be reserved", PoolCalendar::capacity);
    reservationGauge(
        pool,
        "deficits",
        "Reservations that the pool is short of",
        calendar -> calendar.shortfalls().size());
  }

  private void reservationGauge(
      String pool, String name, String description, ToIntFunction<PoolCalendar> value) {
    Reservations reservations = house.reservations();
    Gauge.builder(
            "hourglass.reservations." + name,
            reservations,
            all -> all.calendarOf(pool).map(value::applyAsInt).orElse(0))
        .description(description)
        .tag("model", pool)
        .register(registry);
  }
}
