package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import java.util.concurrent.CompletionStage;

/** An engine in front of another one, to which everything goes that a subclass leaves alone. */
public abstract class ForwardingEngine implements Engine {
  private final Engine engine;

  protected ForwardingEngine(Engine engine) {
    this.engine = engine;
  }

  @Override
  public EngineInfo info() {
    return engine.info();
  }

  @Override
  public boolean relays() {
    return engine.relays();
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    return engine.generate(request, sink);
  }

  @Override
  public Generation generate(GenerationRequest request, StateOffer state, GenerationSink sink) {
    return engine.generate(request, state, sink);
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return engine.release(session);
  }

  @Override
  public CompletionStage<KvOutcome> makeRoom(SessionId session) {
    return engine.makeRoom(session);
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return engine.snapshot(session);
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return engine.restore(session, snapshot);
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return engine.residue(session);
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return engine.occupancy();
  }

  @Override
  public EngineActivity activity() {
    return engine.activity();
  }

  @Override
  public boolean isDown() {
    return engine.isDown();
  }

  @Override
  public void close() {
    engine.close();
  }
}
