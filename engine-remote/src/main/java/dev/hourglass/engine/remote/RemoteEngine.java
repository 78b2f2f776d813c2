package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.engine.OutputFormat;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.upstream.ChatBody;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One model of a server that speaks the OpenAI API.
 *
 * <p>A client's own request is relayed byte for byte; what comes from a session's transcript is put
 * in form here. What can be done with KV state depends on what the server is; see {@link
 * ServerKind}.
 */
public final class RemoteEngine implements Engine {
  /** More gateways one behind the other than anybody has use for. */
  private static final int MOST_HOPS = 4;

  private final RemoteEndpoint endpoint;
  private final String model;
  private final String serverModel;
  private final int contextTokens;
  private final ResidencyListener residency;

  /** Calls under way, by their session; bounded by the turns in the house. */
  private final Map<SessionId, RemoteCall> calls = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /**
   * Creates an engine.
   *
   * @param endpoint stays the caller's
   * @param model the name that clients use
   * @param serverModel the name that the server uses
   * @param contextTokens the longest context; 0 where the server does not say
   * @param residency told when a session's state gives way to another's
   */
  public RemoteEngine(
      RemoteEndpoint endpoint,
      String model,
      String serverModel,
      int contextTokens,
      ResidencyListener residency) {
    this.endpoint = endpoint;
    this.model = model;
    this.serverModel = serverModel;
    this.contextTokens = contextTokens;
    this.residency = residency;
  }

  @Override
  public EngineInfo info() {
    KvControl control = endpoint.control();
    return new EngineInfo(
        model,
        control.contextTokens() > 0 ? control.contextTokens() : contextTokens,
        control.kvCapacityTokens(),
        control.slots());
  }

  @Override
  public boolean relays() {
    return true;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    if (closed || endpoint.isClosed()) {
      return refused(sink, new EngineFault(EngineFault.Kind.STOPPED, "the engine is closing"));
    }
    if (request.hops() >= MOST_HOPS) {
      return refused(
          sink,
          new EngineFault(
              EngineFault.Kind.REJECTED,
              "hops: %d (expected: fewer than %d; gateways stand in front of each other in a ring)"
                  .formatted(request.hops(), MOST_HOPS)));
    }
    String objection = request.original() == null ? objection(request) : null;
    if (objection != null) {
      return refused(sink, new EngineFault(EngineFault.Kind.INVALID_PARAMETER, objection));
    }
    RemoteCall call = call(request, sink);
    calls.put(request.session(), call);
    var _ = call.left().thenRun(() -> calls.remove(request.session(), call));
    call.startAfter(endpoint.control().arrive(request, residency));
    if (closed) {
      call.cancel();
    }
    return call;
  }

  private RemoteCall call(GenerationRequest request, GenerationSink sink) {
    String salt = endpoint.takesCacheSalt() ? CacheSalt.member(request) : "";
    OriginalRequest original = request.original();
    if (original != null) {
      Buffer body = RelayedBody.with(RelayedBody.of(named(original)), salt);
      return original.streamed()
          ? RemoteCall.relayedStream(
              endpoint, body, sink, RelayedBody.asksForUsage(original), request.hops())
          : RemoteCall.relayedWhole(endpoint, body, sink, request.hops());
    }
    Buffer body = RelayedBody.with(Buffer.buffer(body(request).toJson()), salt);
    return switch (request.prompt()) {
      case Prompt.Chat _ -> RemoteCall.ownStream(endpoint, body, sink, request.hops());
      case Prompt.Text _ -> RemoteCall.ownPlainStream(endpoint, body, sink, request.hops());
    };
  }

  /** The client's own name for the model stays, unless the server knows it by another one. */
  private OriginalRequest named(OriginalRequest original) {
    boolean same = original.modelFrom() >= 0 && model.equals(serverModel);
    return new OriginalRequest(
        original.json(),
        original.modelFrom(),
        original.modelTo(),
        original.streamed(),
        original.options(),
        original.usageAsked(),
        original.cacheSalt(),
        same && original.model() == null ? null : serverModel);
  }

  private static Generation refused(GenerationSink sink, EngineFault fault) {
    sink.ended(new GenerationEnd.Failed(fault, GenerationUsage.NONE));
    return () -> {};
  }

  /** What cannot be asked of a server whose dialect is OpenAI's alone. */
  private static @Nullable String objection(GenerationRequest request) {
    Sampling sampling = request.sampling();
    if (sampling.topLogprobs() != null) {
      return "logprobs: given (expected: none in a session on a remote engine)";
    }
    return sampling.format() instanceof OutputFormat.Grammar
        ? "grammar: given (expected: none on a remote engine)"
        : null;
  }

  private ChatBody body(GenerationRequest request) {
    Sampling sampling = request.sampling();
    return new ChatBody(
        serverModel,
        switch (request.prompt()) {
          case Prompt.Chat(var messages) ->
              new ChatBody.Asked.Chat(
                  messages.stream()
                      .map(said -> new ChatBody.Said(said.role().wireName(), said.content()))
                      .toList());
          case Prompt.Text(var text) -> new ChatBody.Asked.Plain(text);
        },
        request.maxTokens(),
        sampling.temperature(),
        sampling.topP(),
        sampling.frequencyPenalty(),
        sampling.presencePenalty(),
        sampling.seed(),
        sampling.stop(),
        sampling.logitBias(),
        switch (sampling.format()) {
          case OutputFormat.Free _ -> new ChatBody.Form.Free();
          case OutputFormat.JsonObject _ -> new ChatBody.Form.JsonObject();
          case OutputFormat.JsonSchema(var schema) -> new ChatBody.Form.JsonSchema(schema);
          case OutputFormat.Grammar _ -> throw new IllegalStateException("refused above");
        });
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    RemoteCall running = calls.get(session);
    if (running == null) {
      return endpoint.control().release(session);
    }
    running.cancel();
    return running.left().thenCompose(_ -> endpoint.control().release(session));
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return endpoint.control().snapshot(session);
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return endpoint.control().restore(session, snapshot, residency);
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return endpoint.control().residue(session);
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return endpoint.control().occupancy();
  }

  @Override
  public EngineActivity activity() {
    return endpoint.control().activity();
  }

  /** Leaves what runs; the endpoint is shared, and closed by whoever opened it. */
  @Override
  public void close() {
    closed = true;
    calls.values().forEach(RemoteCall::cancel);
  }

  @Override
  public String toString() {
    return model + " at " + endpoint;
  }
}
