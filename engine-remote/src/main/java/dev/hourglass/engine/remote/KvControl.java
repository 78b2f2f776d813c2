package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import io.vertx.core.MultiMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a server lets us do with the KV state of sessions: one for each endpoint, whatever models it
 * serves. As it stands here, nothing; each kind of server overrides what it can do.
 *
 * <p>Safe for use by several threads. What a server reports of its own deeds is not believed where
 * it can be read back.
 */
interface KvControl {
  /** A server that answers, and says nothing of its KV state. */
  KvControl NONE = new KvControl() {};

  /**
   * Readies the server for a generation of a session. Whoever cancels the answer gets no stay; the
   * answer never fails.
   */
  default CompletableFuture<Arrival> arrive(
      GenerationRequest request, ResidencyListener residency) {
    return CompletableFuture.completedFuture(new Arrival.Stays(Stay.ANYWHERE));
  }

  /** Whether a generation may begin. */
  sealed interface Arrival {
    record Stays(Stay stay) implements Arrival {}

    record Refused(EngineFault fault) implements Arrival {}
  }

  /** A generation's time at the server; whoever gets it ends it, once. */
  interface Stay {
    /** At a server that does as it likes. */
    Stay ANYWHERE = new Stay() {};

    /** What the body says beside what it says anyway, such as {@code "id_slot":3}. */
    default String members() {
      return "";
    }

    /** The head of the answer came. */
    default void answered(MultiMap headers) {}

    /**
     * The generation is over; completes with the KV tokens that the session holds, 0 if unknown.
     */
    default CompletionStage<Integer> end(GenerationEnd end) {
      return CompletableFuture.completedFuture(0);
    }
  }

  /** Frees what a session holds; none of its generations runs. */
  default CompletionStage<KvOutcome> release(SessionId session) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  default CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return CompletableFuture.completedFuture(new SnapshotOutcome.Unsupported());
  }

  default CompletionStage<KvOutcome> restore(
      SessionId session, KvSnapshot snapshot, ResidencyListener residency) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  default CompletionStage<Residue> residue(SessionId session) {
    return CompletableFuture.completedFuture(new Residue.Unknown());
  }

  default CompletionStage<KvOccupancy> occupancy() {
    return CompletableFuture.completedFuture(new KvOccupancy(0, 0, Map.of()));
  }

  default EngineActivity activity() {
    return EngineActivity.UNKNOWN;
  }

  /** Looks again at what {@link #activity} tells; asked every other second. */
  default void refresh() {}

  /** Generations that it computes at once; 0 where unknown. */
  default int slots() {
    return 0;
  }

  /** KV tokens that all sessions share; 0 where unknown. */
  default int kvCapacityTokens() {
    return 0;
  }

  /** The longest context; 0 where only the list of models says. */
  default int contextTokens() {
    return 0;
  }
}
