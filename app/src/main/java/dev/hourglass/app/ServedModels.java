package dev.hourglass.app;

import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.LivePool;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.load.live.ReservationSensor;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of other servers as the house serves them, while they come and go.
 *
 * <p>A new one is watched and has an admission before anybody finds it. One that is gone takes no
 * new turns; what measured it stays, so that it goes on where it was if it comes back.
 */
final class ServedModels {
  private static final Logger log = LoggerFactory.getLogger(ServedModels.class);

  private final EngineDirectory engines;
  private final LoadWatch load;
  private final Admissions admissions;
  private final Reservations reservations;
  private final Function<ObservedEngine, LivePool> live;
  private final Function<LivePool, Admission> admission;
  private final Function<Upstreams.Catalogue, Map<String, String>> names;

  /** All that were served since the start; {@link Upstreams} bounds them. */
  private final Map<String, Engine> known = new LinkedHashMap<>();

  private final List<LivePool> pools;

  /**
   * Goes on from what is served at the start.
   *
   * @param observed its engines
   * @param pools those engines as their admissions see them
   * @param live the same of a further engine
   * @param names further names of what is served
   */
  ServedModels(
      EngineDirectory engines,
      LoadWatch load,
      Admissions admissions,
      Reservations reservations,
      List<ObservedEngine> observed,
      List<LivePool> pools,
      Function<ObservedEngine, LivePool> live,
      Function<LivePool, Admission> admission,
      Function<Upstreams.Catalogue, Map<String, String>> names) {
    this.engines = engines;
    this.load = load;
    this.admissions = admissions;
    this.reservations = reservations;
    this.live = live;
    this.admission = admission;
    this.names = names;
    this.pools = new CopyOnWriteArrayList<>(pools);
    observed.forEach(engine -> known.put(engine.info().model(), engine));
  }

  /** Serves these from now on, and no others. */
  synchronized void serve(Upstreams.Catalogue catalogue) {
    List<Engine> served = new ArrayList<>();
    for (EnginePool pool : catalogue.pools()) {
      String model = pool.info().model();
      if (!known.containsKey(model)) {
        known.put(model, takeIn(pool, model));
        log.info("{} is served from now on", model);
      }
      served.add(known.get(model));
    }
    known.forEach((model, engine) -> {
      if (engines.serves(model) && !served.contains(engine)) {
        log.info("{} takes no new turns from now on", model);
      }
    });
    engines.serve(served, names.apply(catalogue));
    known.keySet().forEach(reservations::serve);
  }

  private Engine takeIn(EnginePool servers, String model) {
    ObservedEngine engine = new ObservedEngine(servers, System::nanoTime);
    load.watch(engine, List.of(new ReservationSensor(reservations, model)));
    LivePool pool = live.apply(engine);
    admissions.add(model, admission.apply(pool));
    pools.add(pool);
    return engine;
  }

  /** A second has passed. */
  void second() {
    pools.forEach(LivePool::second);
  }
}
