package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Something that generates text and may hold KV state for sessions.
 *
 * <p>Every method is safe to call from any thread, returns at once and never blocks on generation.
 * What an engine cannot do it answers with an <em>unsupported</em> outcome; no stage completes
 * exceptionally, except by a defect.
 */
public interface Engine extends AutoCloseable {

  EngineInfo info();

  /**
   * Whether it takes a client's request as it came ({@link GenerationRequest#original}), with
   * whatever parameters, and answers with the server's own bytes ({@link TextDelta#original}).
   */
  default boolean relays() {
    return false;
  }

  /**
   * Queues one generation.
   *
   * <p>{@code sink} is called from the engine's own thread, in order, and always ends with exactly
   * one {@link GenerationSink#ended}. Two generations of one session must not overlap; the caller
   * orders them.
   */
  Generation generate(GenerationRequest request, GenerationSink sink);

  /**
   * Queues one generation like {@link #generate(GenerationRequest, GenerationSink)}, and puts its
   * session's state back when it is its turn: a state is not given up because there is no place for
   * it yet.
   */
  default Generation generate(GenerationRequest request, StateOffer state, GenerationSink sink) {
    state.refused("this engine puts no state back");
    return generate(request, sink);
  }

  /**
   * Frees the KV state that the session holds. A generation of the session that still runs is
   * cancelled first. Idempotent: a session without state answers {@code Applied(0)}.
   */
  CompletionStage<KvOutcome> release(SessionId session);

  /**
   * Lets an idle session's KV state go as if another needed the room, so that whoever takes over
   * what is let go gets it; {@code Applied(0)} where it has none or is busy.
   */
  default CompletionStage<KvOutcome> makeRoom(SessionId session) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  /** Copies the session's KV state out of the engine; the state stays in place. */
  CompletionStage<SnapshotOutcome> snapshot(SessionId session);

  /**
   * Puts a snapshot back as the state of {@code session}, replacing what it holds. The snapshot
   * stays open and stays the caller's.
   */
  CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot);

  /** Counts, in the engine's own cells, what the session holds now. */
  CompletionStage<Residue> residue(SessionId session);

  /**
   * What the engine holds for whom, read in one consistent look; fails where it cannot tell now.
   */
  CompletionStage<KvOccupancy> occupancy();

  /** What the engine is busy with; unknown where it cannot tell. */
  default EngineActivity activity() {
    return EngineActivity.UNKNOWN;
  }

  /**
   * Whether a defect has ended it, so that it generates never again. It holds nothing then, and
   * answers like a closed one.
   */
  default boolean isDown() {
    return false;
  }

  /** Cancels what runs, frees everything native and returns when that is done. Idempotent. */
  @Override
  void close();
}
