package dev.hourglass.verify.concurrency;

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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** An engine that holds cells for sessions and answers at once, on the asking thread. */
final class HeldCells implements Engine {
  static final String MODEL = "tiny";

  private final Map<SessionId, Integer> cells = new ConcurrentHashMap<>();

  void hold(SessionId session) {
    cells.put(session, 1);
  }

  boolean holds(SessionId session) {
    return cells.containsKey(session);
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo(MODEL, 100, 100, 0);
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    Integer freed = cells.remove(session);
    return CompletableFuture.completedFuture(new KvOutcome.Applied(freed == null ? 0 : freed));
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return CompletableFuture.completedFuture(new Residue.Counted(cells.getOrDefault(session, 0)));
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return CompletableFuture.completedFuture(new KvOccupancy(cells.size(), 100, cells));
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    throw new UnsupportedOperationException("nothing is generated here");
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return CompletableFuture.completedFuture(new SnapshotOutcome.Unsupported());
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  @Override
  public void close() {}
}
