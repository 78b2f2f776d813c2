package dev.hourglass.app.bench.destruction;

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
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An engine that only keeps the book of who holds how much; like a real one, on a single thread.
 */
final class BookEngine implements Engine {
  private static final int KV_TOKENS = 100;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("book").factory());
  private final Map<SessionId, Integer> book = new HashMap<>(); // the thread's own

  void occupy(SessionId session) {
    CompletableFuture.runAsync(() -> book.put(session, KV_TOKENS), thread).join();
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo("book", 4_096, 0, 0);
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    throw new UnsupportedOperationException("it generates nothing");
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return CompletableFuture.supplyAsync(
        () -> {
          Integer held = book.remove(session);
          return new KvOutcome.Applied(held == null ? 0 : held);
        },
        thread);
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
  public CompletionStage<Residue> residue(SessionId session) {
    return CompletableFuture.supplyAsync(
        () -> new Residue.Counted(book.getOrDefault(session, 0)), thread);
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return CompletableFuture.supplyAsync(
        () -> new KvOccupancy(book.size() * KV_TOKENS, 0, book), thread);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
