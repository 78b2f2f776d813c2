package dev.hourglass.app;

import dev.hourglass.app.cold.ColdFiles;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.live.LoadReport.Outlook;
import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.Series;
import dev.hourglass.core.residency.BreakEven;
import dev.hourglass.core.residency.ColdStore;
import dev.hourglass.core.residency.LadderedEngine;
import dev.hourglass.core.residency.SnapshotLadder;
import dev.hourglass.core.residency.Upkeep;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseReceipts;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The model that runs in this process, with the tiers below it and what decides about them. */
final class EmbeddedEngine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedEngine.class);

  private final ExecutorService coldLane =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("cold").factory());
  private final LadderedEngine engine;
  private final LiveRetention retention;
  private final Upkeep upkeep;

  private EmbeddedEngine(
      Settings settings,
      Path modelFile,
      SessionTable table,
      EventBus events,
      Liveliness liveliness,
      MeterRegistry meters,
      SecureRandom random,
      InstantSource clock)
      throws ExpectedFailure {
    LlamaSettings llama = settings.engine(modelFile);
    BreakEven breakEven = new BreakEven();
    retention =
        new LiveRetention(
            settings.retentionPolicy(),
            new Tiers(
                llama.kvTokens(),
                llama.maxSequences(),
                settings.ladder().warmBytes(),
                settings.ladder().coldBytes()),
            breakEven,
            liveliness,
            settings.sessionLimits().explicitSessions()
                + settings.sessionLimits().implicitSessions(),
            System::nanoTime,
            random);
    events.subscribe(retention::note);
    SnapshotLadder ladder =
        new SnapshotLadder(
            settings.ladder(),
            coldStore(settings, random),
            coldLane,
            retention.andThen(table).andThen(new ReleaseReceipts(table, clock, events)),
            retention,
            breakEven,
            System::nanoTime,
            random);
    LlamaOpening opening =
        LlamaEngine.open(llama, retention, ladder, ladder, System::nanoTime, random);
    switch (opening) {
      case LlamaOpening.Opened(LlamaEngine opened) -> {
        engine = new LadderedEngine(opened, ladder, System::nanoTime);
        EngineMeters.show(opened, meters);
      }
      case LlamaOpening.Unavailable(String reason) -> throw new ExpectedFailure(reason);
    }
    upkeep = new Upkeep(retention, engine, ladder, settings.ladder());
    LadderMeters.show(ladder, meters);
    RetentionMeters.show(retention, meters);
  }

  /** Loads the model; takes as long as that takes. */
  static EmbeddedEngine open(
      Settings settings,
      Path modelFile,
      SessionTable table,
      EventBus events,
      Liveliness liveliness,
      MeterRegistry meters,
      SecureRandom random,
      InstantSource clock)
      throws ExpectedFailure {
    return new EmbeddedEngine(
        settings, modelFile, table, events, liveliness, meters, random, clock);
  }

  /** A disk that cannot be used is said once; the ladder then ends in memory. */
  private static @Nullable ColdStore coldStore(Settings settings, SecureRandom random) {
    if (settings.ladder().coldBytes() == 0) {
      return null;
    }
    try {
      return ColdFiles.open(settings.coldFolder(), random);
    } catch (IOException unusable) {
      log.warn("retention.cold_folder: no snapshots go to disk: {}", unusable.toString());
      return null;
    }
  }

  Engine engine() {
    return engine;
  }

  LiveRetention retention() {
    return retention;
  }

  /** Lets a second pass. */
  void second(LoadWatch load) {
    Optional<Outlook> soon =
        load.outlook(
            new Series(LoadSignal.KV_USED_TOKENS, engine.info().model()), Horizon.HALF_MINUTE);
    Forecast forecast = soon.map(Outlook::forecast).orElse(null);
    upkeep.second(forecast == null ? OptionalDouble.empty() : OptionalDouble.of(forecast.p90()));
  }

  @Override
  public void close() {
    engine.close();
    coldLane.shutdown();
  }
}
