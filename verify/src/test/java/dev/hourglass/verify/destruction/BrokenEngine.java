package dev.hourglass.verify.destruction;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import java.util.concurrent.CompletionStage;

/** An engine that knows its name and throws at everything else. */
final class BrokenEngine implements Engine {
  @Override
  public EngineInfo info() {
    return new EngineInfo("broken", 1_000, 0, 0);
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    throw defect();
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    throw defect();
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    throw defect();
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    throw defect();
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    throw defect();
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    throw defect();
  }

  private static IllegalStateException defect() {
    return new IllegalStateException("told to throw");
  }

  @Override
  public void close() {}
}
