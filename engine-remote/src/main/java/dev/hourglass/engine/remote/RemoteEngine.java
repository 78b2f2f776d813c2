package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.Engine;
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
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.upstream.ChatBody;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One model of a server that speaks the OpenAI API.
 *
 * <p>A client's own request is relayed byte for byte; what comes from a session's transcript is put
 * in form here. The server's KV state is its own affair: releases are <em>unsupported</em>, and so
 * are snapshots.
 */
public final class RemoteEngine implements Engine {
  private final RemoteEndpoint endpoint;
  private final String serverModel;
  private final EngineInfo info;

  /**
   * Creates an engine.
   *
   * @param endpoint stays the caller's
   * @param model the name that clients use
   * @param serverModel the name that the server uses
   * @param contextTokens the longest context; 0 where the server does not say
   */
  public RemoteEngine(
      RemoteEndpoint endpoint, String model, String serverModel, int contextTokens) {
    this.endpoint = endpoint;
    this.serverModel = serverModel;
    this.info = new EngineInfo(model, contextTokens, 0, 0);
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public boolean relays() {
    return true;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    if (endpoint.isClosed()) {
      return refused(sink, new EngineFault(EngineFault.Kind.STOPPED, "the engine is closing"));
    }
    OriginalRequest original = request.original();
    RemoteCall call;
    if (original != null) {
      Buffer body = RelayedBody.of(named(original));
      call =
          original.streamed()
              ? RemoteCall.relayedStream(endpoint, body, sink, RelayedBody.asksForUsage(original))
              : RemoteCall.relayedWhole(endpoint, body, sink);
    } else {
      String objection = objection(request);
      if (objection != null) {
        return refused(sink, new EngineFault(EngineFault.Kind.INVALID_PARAMETER, objection));
      }
      call = RemoteCall.ownStream(endpoint, Buffer.buffer(body(request).toJson()), sink);
    }
    endpoint.inLane(call::start);
    return call;
  }

  /** The client's own name for the model stays, unless the server knows it by another one. */
  private OriginalRequest named(OriginalRequest original) {
    boolean same = original.modelFrom() >= 0 && info.model().equals(serverModel);
    return new OriginalRequest(
        original.json(),
        original.modelFrom(),
        original.modelTo(),
        original.streamed(),
        original.options(),
        original.usageAsked(),
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
    if (sampling.format() instanceof OutputFormat.Grammar) {
      return "grammar: given (expected: none on a remote engine)";
    }
    return request.prompt() instanceof Prompt.Text
        ? "prompt: plain text (expected: a chat, on a remote engine)"
        : null;
  }

  private ChatBody body(GenerationRequest request) {
    if (!(request.prompt() instanceof Prompt.Chat(var messages))) {
      throw new IllegalStateException("plain text is refused above");
    }
    Sampling sampling = request.sampling();
    return new ChatBody(
        serverModel,
        messages.stream()
            .map(message -> new ChatBody.Said(message.role().wireName(), message.content()))
            .toList(),
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
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
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
    return CompletableFuture.completedFuture(new Residue.Unknown());
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return CompletableFuture.completedFuture(new KvOccupancy(0, 0, Map.of()));
  }

  /** Nothing: the endpoint is shared, and closed by whoever opened it. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return info.model() + " at " + endpoint;
  }
}
