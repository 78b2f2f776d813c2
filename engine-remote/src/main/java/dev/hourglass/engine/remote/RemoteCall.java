package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineFault.Kind;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.UpstreamAnswer;
import dev.hourglass.engine.remote.KvControl.Arrival;
import dev.hourglass.engine.remote.KvControl.Stay;
import dev.hourglass.protocol.upstream.AnswerPiece;
import dev.hourglass.protocol.upstream.ToolCallText;
import dev.hourglass.protocol.upstream.UpstreamUsage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One generation at a server: a request and its answer. Lives on the event loop of its lane; only
 * {@link #cancel} may be called from elsewhere.
 *
 * <p>Until there is something of the answer, what came is held back: a failure until then leaves
 * nothing that the client has seen.
 */
final class RemoteCall implements Generation {
  private static final String HOPS = "X-Hourglass-Hops";
  private static final int MOST_EVENT_BYTES = 4 * 1024 * 1024;
  private static final int MOST_ERROR_BYTES = 16 * 1024;
  private static final PromptUsage UNKNOWN = new PromptUsage(0, 0, 0);

  private final RemoteEndpoint endpoint;
  private final GenerationSink sink;
  private final Form form;
  private final boolean dropsUsage;
  private final Buffer body;
  private final int hops;
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  private volatile @Nullable CompletableFuture<Arrival> arrival;
  private volatile @Nullable Lane lane;
  private Stay stay = Stay.ANYWHERE;
  private @Nullable HttpClientRequest request;
  private final List<ToolCallText> toolCalls = new ArrayList<>();
  private byte[] held = new byte[0];
  private long beganNanos;
  private long heardNanos;
  private @Nullable HttpClientResponse response;
  private boolean paused;
  private boolean started;
  private boolean sawDone;
  private boolean over;
  private int pieces;
  private @Nullable String finishReason;
  private @Nullable UpstreamUsage usage;

  private volatile boolean cancelled;

  /** What the client is given. */
  private enum Form {
    /** The server's own events. */
    RELAYED_STREAM,
    /** The server's own answer. */
    RELAYED_WHOLE,
    /** Text, put in form elsewhere. */
    OWN_STREAM,
    /** The same, of plain text that is gone on with. */
    OWN_PLAIN_STREAM;

    boolean isOwn() {
      return this == OWN_STREAM || this == OWN_PLAIN_STREAM;
    }
  }

  private RemoteCall(
      RemoteEndpoint endpoint,
      Buffer body,
      GenerationSink sink,
      Form form,
      boolean dropsUsage,
      int hops) {
    this.endpoint = endpoint;
    this.body = body;
    this.sink = sink;
    this.form = form;
    this.dropsUsage = dropsUsage;
    this.hops = hops;
  }

  /**
   * The server's events go to the client as they are.
   *
   * @param dropsUsage whether the usage was asked for in the client's place
   * @param hops gateways that it came through before this one
   */
  static RemoteCall relayedStream(
      RemoteEndpoint endpoint, Buffer body, GenerationSink sink, boolean dropsUsage, int hops) {
    return new RemoteCall(endpoint, body, sink, Form.RELAYED_STREAM, dropsUsage, hops);
  }

  /** The server's answer goes to the client as it is. */
  static RemoteCall relayedWhole(
      RemoteEndpoint endpoint, Buffer body, GenerationSink sink, int hops) {
    return new RemoteCall(endpoint, body, sink, Form.RELAYED_WHOLE, false, hops);
  }

  /** The text of the server's events is put in form elsewhere. */
  static RemoteCall ownStream(RemoteEndpoint endpoint, Buffer body, GenerationSink sink, int hops) {
    return new RemoteCall(endpoint, body, sink, Form.OWN_STREAM, true, hops);
  }

  /** The same, for plain text. */
  static RemoteCall ownPlainStream(
      RemoteEndpoint endpoint, Buffer body, GenerationSink sink, int hops) {
    return new RemoteCall(endpoint, body, sink, Form.OWN_PLAIN_STREAM, true, hops);
  }

  // --- the request -----------------------------------------------------------------------------

  /** Begins as soon as the server is ready for it. */
  void startAfter(CompletableFuture<Arrival> readying) {
    arrival = readying;
    var _ = readying.whenComplete((arrived, _) -> endpoint.inLane(free -> start(free, arrived)));
    if (cancelled) {
      readying.cancel(false);
    }
  }

  private void start(Lane in, @Nullable Arrival arrived) {
    lane = in;
    beganNanos = endpoint.nanos();
    heardNanos = beganNanos;
    in.begun(this);
    switch (arrived) {
      case Arrival.Stays(var given) -> stay = given;
      case Arrival.Refused(var fault) -> fail(fault);
      // Only a cancelled one comes without an answer.
      case null -> fail(endpoint.brokenOff("was not ready"));
    }
    if (cancelled) {
      end(new GenerationEnd.Cancelled(GenerationUsage.NONE));
    }
    if (over) {
      return;
    }
    (form == Form.OWN_PLAIN_STREAM ? in.plain() : in.chat())
        .onComplete(
            this::connected,
            refused -> fail(cancelled ? endpoint.brokenOff("is left") : endpoint.unreachable()));
  }

  private void connected(HttpClientRequest opened) {
    if (over) {
      var _ = opened.reset();
      return;
    }
    request = opened;
    opened.putHeader(HOPS, Integer.toString(hops + 1));
    opened
        .send(RelayedBody.with(body, stay.members()))
        .onComplete(this::answered, broken -> fail(endpoint.brokenOff("broke the connection off")));
  }

  @Override
  public void cancel() {
    cancelled = true;
    CompletableFuture<Arrival> readying = arrival;
    if (readying != null) {
      readying.cancel(false);
    }
    Lane taken = lane;
    // Before the start there is nothing to stop: the start sees that it is not wanted.
    if (taken != null) {
      taken.context().runOnContext(_ -> end(new GenerationEnd.Cancelled(usageSoFar())));
    }
  }

  /** Reads no more from the server: its connection fills up, and the server waits. */
  @Override
  public void pause() {
    inLane(() -> setPaused(true));
  }

  @Override
  public void resume() {
    inLane(() -> setPaused(false));
  }

  private void inLane(Runnable action) {
    Lane taken = lane;
    if (taken != null) {
      taken.context().runOnContext(_ -> action.run());
    }
  }

  private void setPaused(boolean wanted) {
    HttpClientResponse from = response;
    if (from == null || over || paused == wanted) {
      return;
    }
    paused = wanted;
    if (paused) {
      from.pause();
    } else {
      heardNanos = endpoint.nanos();
      from.resume();
    }
  }

  void endpointCloses() {
    fail(new EngineFault(Kind.STOPPED, "the engine is closing"));
  }

  /** Gives a server up that has said nothing for too long. */
  void check(long nowNanos) {
    RemoteSettings settings = endpoint.settings();
    // While we do not listen, its silence says nothing.
    if (!paused && nowNanos - heardNanos > settings.stallTimeout().toNanos()) {
      fail(endpoint.stalled("said nothing for " + settings.stallTimeout().toMillis() + " ms"));
    } else if (nowNanos - beganNanos > settings.deadline().toNanos()) {
      fail(endpoint.stalled("was not done after " + settings.deadline().toMillis() + " ms"));
    }
  }

  // --- the answer ------------------------------------------------------------------------------

  private void answered(HttpClientResponse response) {
    heardNanos = endpoint.nanos();
    response.exceptionHandler(broken -> fail(endpoint.brokenOff("broke off in mid-answer")));
    stay.answered(response.headers());
    if (response.statusCode() != 200) {
      readWhole(response, MOST_ERROR_BYTES, bytes -> refusedWith(response, bytes));
      return;
    }
    String type = String.valueOf(response.getHeader("Content-Type")).toLowerCase(Locale.ROOT);
    if (form == Form.RELAYED_WHOLE) {
      if (!type.startsWith("application/json")) {
        fail(endpoint.brokenOff("answered with another content type (expected: JSON)"));
        return;
      }
      readWhole(response, endpoint.settings().answerBytes(), this::whole);
    } else if (!type.startsWith("text/event-stream")) {
      fail(endpoint.brokenOff("answered with another content type (expected: an event stream)"));
    } else {
      this.response = response;
      EventStream stream = new EventStream(MOST_EVENT_BYTES);
      response.handler(piece -> arrived(stream, piece));
      response.endHandler(_ -> streamEnded(stream));
    }
  }

  /** Collects a body of bounded length. */
  private void readWhole(HttpClientResponse response, int most, BodyReading then) {
    Buffer collected = Buffer.buffer();
    response.handler(piece -> {
      heardNanos = endpoint.nanos();
      if (collected.length() + piece.length() > most) {
        fail(endpoint.brokenOff("answered with more than " + most + " bytes"));
      } else {
        collected.appendBuffer(piece);
      }
    });
    response.endHandler(_ -> {
      if (!over) {
        then.read(collected.getBytes());
      }
    });
  }

  private interface BodyReading {
    void read(byte[] bytes);
  }

  private void refusedWith(HttpClientResponse response, byte[] bytes) {
    int status = response.statusCode();
    String type = String.valueOf(response.getHeader("Content-Type")).toLowerCase(Locale.ROOT);
    boolean json = type.startsWith("application/json");
    String text = withoutSecrets(new String(bytes, StandardCharsets.UTF_8));
    String message = "the remote server answered with status " + status;
    if (json) {
      try {
        AnswerPiece piece = endpoint.reader().read(bytes, 0, bytes.length);
        if (piece.error() != null && !piece.error().isEmpty()) {
          message = withoutSecrets(piece.error());
        }
      } catch (IOException malformed) {
        json = false;
      }
    }
    UpstreamAnswer answer =
        status >= 400 && status <= 599
            ? new UpstreamAnswer(status, text, json, retryAfter(response))
            : null;
    fail(new EngineFault(kind(status), message, answer));
  }

  private static Kind kind(int status) {
    return status == 429 || status == 503
        ? Kind.OVERLOADED
        : status >= 400 && status < 500 ? Kind.REJECTED : Kind.BROKEN_OFF;
  }

  /**
   * An error in a stream. Before anything went on to the client it is a refusal like any other, if
   * the server says with what status: vLLM finds out in the stream that its queue is full.
   */
  private void failed(String error, int status, byte[] bytes, EventStream.Span data) {
    String message = withoutSecrets(error);
    if (started || status == 0 || data.length() > MOST_ERROR_BYTES) {
      fail(endpoint.brokenOff("failed: " + message));
      return;
    }
    String text =
        withoutSecrets(new String(bytes, data.from(), data.length(), StandardCharsets.UTF_8));
    fail(new EngineFault(kind(status), message, new UpstreamAnswer(status, text, true, null)));
  }

  private String withoutSecrets(String text) {
    RemoteSettings.Credential credential = endpoint.settings().credential();
    return credential == null ? text : text.replace(credential.secret(), "****");
  }

  private static @Nullable Duration retryAfter(HttpClientResponse response) {
    String seconds = response.getHeader("Retry-After");
    return seconds != null && seconds.length() <= 6 && seconds.chars().allMatch(Character::isDigit)
        ? Duration.ofSeconds(Long.parseLong(seconds))
        : null;
  }

  private void whole(byte[] bytes) {
    AnswerPiece piece;
    try {
      piece = endpoint.reader().read(bytes, 0, bytes.length);
    } catch (IOException malformed) {
      fail(endpoint.brokenOff("answered with malformed JSON"));
      return;
    }
    if (piece.error() != null) {
      fail(endpoint.brokenOff("failed: " + withoutSecrets(piece.error())));
      return;
    }
    note(piece);
    begin();
    sink.text(new TextDelta(piece.text() + toolCallText(), List.of(), ByteBuffer.wrap(bytes)));
    end(new GenerationEnd.Finished(reason(), usageSoFar()));
  }

  // --- the stream ------------------------------------------------------------------------------

  private void arrived(EventStream stream, Buffer piece) {
    if (over) {
      return;
    }
    heardNanos = endpoint.nanos();
    if (!stream.add(piece.getBytes())) {
      fail(endpoint.brokenOff("sent an event of more than " + MOST_EVENT_BYTES + " bytes"));
      return;
    }
    StringBuilder text = new StringBuilder();
    byte[] raw = null;
    int rawFrom = 0;
    int rawTo = 0;
    boolean something = started;
    for (EventStream.Event event = stream.next(); event != null; event = stream.next()) {
      AnswerPiece said = read(event);
      if (over) {
        return;
      }
      if (said != null) {
        note(said);
        text.append(said.text());
        something |= !said.text().isEmpty() || !said.toolCalls().isEmpty() || finishReason != null;
      }
      something |= sawDone;
      if (form.isOwn() || (said != null && isOnlyUsage(said))) {
        continue;
      }
      // Whole events side by side go on as one stretch; all of one arrival are in one array.
      if (raw != null && rawTo == event.from()) {
        rawTo = event.to();
      } else {
        hold(raw, rawFrom, rawTo);
        raw = event.bytes();
        rawFrom = event.from();
        rawTo = event.to();
      }
    }
    if (!something) {
      hold(raw, rawFrom, rawTo);
      return;
    }
    if (!over) {
      pass(text, raw, rawFrom, rawTo);
    }
  }

  private @Nullable AnswerPiece read(EventStream.Event event) {
    EventStream.Span data = event.data();
    if (data == null) {
      return null;
    }
    if (isDone(event.bytes(), data)) {
      sawDone = true;
      return null;
    }
    try {
      AnswerPiece said = endpoint.reader().read(event.bytes(), data.from(), data.length());
      if (said.error() != null) {
        failed(said.error(), said.errorStatus(), event.bytes(), data);
      }
      return said;
    } catch (IOException malformed) {
      fail(endpoint.brokenOff("sent a malformed event"));
      return null;
    }
  }

  private static boolean isDone(byte[] bytes, EventStream.Span data) {
    return data.length() == 6
        && bytes[data.from()] == '['
        && bytes[data.from() + 1] == 'D'
        && bytes[data.from() + 5] == ']';
  }

  private boolean isOnlyUsage(AnswerPiece said) {
    return dropsUsage && said.choices() == 0 && said.usage() != null;
  }

  private void note(AnswerPiece said) {
    if (said.usage() != null) {
      usage = said.usage();
    }
    if (said.finishReason() != null) {
      finishReason = said.finishReason();
    }
    if (!said.text().isEmpty()) {
      pieces++;
    }
    for (ToolCallText call : said.toolCalls()) {
      pieces++;
      if (toolCalls.isEmpty() || toolCalls.getLast().index() != call.index()) {
        toolCalls.add(call);
      } else {
        toolCalls.set(toolCalls.size() - 1, toolCalls.getLast().with(call));
      }
    }
  }

  private void hold(byte @Nullable [] raw, int from, int to) {
    if (raw == null || from == to) {
      return;
    }
    int before = held.length;
    if (before + to - from > MOST_EVENT_BYTES) {
      fail(endpoint.brokenOff("sent " + MOST_EVENT_BYTES + " bytes without an answer in them"));
      return;
    }
    held = Arrays.copyOf(held, before + to - from);
    System.arraycopy(raw, from, held, before, to - from);
  }

  private void pass(StringBuilder text, byte @Nullable [] raw, int from, int to) {
    begin();
    if (form.isOwn()) {
      if (!text.isEmpty()) {
        sink.text(new TextDelta(text.toString(), List.of()));
      }
      return;
    }
    ByteBuffer original;
    if (held.length == 0 && raw != null) {
      original = ByteBuffer.wrap(raw, from, to - from);
    } else {
      hold(raw, from, to);
      original = ByteBuffer.wrap(held);
      held = new byte[0];
    }
    if (original.hasRemaining()) {
      sink.text(new TextDelta(text.toString(), List.of(), original));
    }
  }

  private void streamEnded(EventStream stream) {
    if (over) {
      return;
    }
    if (stream.pending() > 0 || (!sawDone && finishReason == null)) {
      fail(endpoint.brokenOff("ended its stream too early"));
      return;
    }
    begin();
    String calls = toolCallText();
    if (held.length > 0 || !calls.isEmpty()) {
      sink.text(
          form.isOwn()
              ? new TextDelta(calls, List.of())
              : new TextDelta(calls, List.of(), ByteBuffer.wrap(held)));
    }
    end(new GenerationEnd.Finished(reason(), usageSoFar()));
  }

  private String toolCallText() {
    StringBuilder calls = new StringBuilder();
    toolCalls.forEach(call -> call.appendTo(calls));
    return calls.toString();
  }

  // --- the end ---------------------------------------------------------------------------------

  private void begin() {
    if (!started) {
      started = true;
      sink.started(UNKNOWN);
    }
  }

  private FinishReason reason() {
    return "length".equals(finishReason) ? FinishReason.LENGTH : FinishReason.STOP;
  }

  /** As the server counted, or else a piece for a token. */
  private GenerationUsage usageSoFar() {
    UpstreamUsage counted = usage;
    return counted == null
        ? new GenerationUsage(UNKNOWN, pieces, 0)
        : new GenerationUsage(
            new PromptUsage(counted.promptTokens(), counted.cachedTokens(), 0),
            counted.completionTokens(),
            0);
  }

  private void fail(EngineFault fault) {
    end(
        cancelled
            ? new GenerationEnd.Cancelled(usageSoFar())
            : new GenerationEnd.Failed(fault, usageSoFar()));
  }

  private void end(GenerationEnd end) {
    if (over) {
      return;
    }
    over = true;
    Lane taken = lane;
    if (taken != null) {
      taken.ended(this);
    }
    if (request != null && !(end instanceof GenerationEnd.Finished)) {
      // Closes the connection, or the stream of HTTP/2: the server sees at once that nobody waits.
      var _ = request.reset();
    }
    CompletableFuture<Integer> held = stay.end(end).toCompletableFuture();
    if (taken == null || held.isDone()) {
      tell(end, held);
    } else {
      var _ = held.whenComplete((_, _) -> taken.context().runOnContext(_ -> tell(end, held)));
    }
  }

  private void tell(GenerationEnd end, CompletableFuture<Integer> held) {
    int kvTokens = held.isCompletedExceptionally() ? 0 : held.join();
    sink.ended(kvTokens == 0 ? end : holding(end, kvTokens));
    left.complete(null);
  }

  private static GenerationEnd holding(GenerationEnd end, int kvTokens) {
    GenerationUsage usage =
        new GenerationUsage(end.usage().prompt(), end.usage().completionTokens(), kvTokens);
    return switch (end) {
      case GenerationEnd.Finished(var reason, _) -> new GenerationEnd.Finished(reason, usage);
      case GenerationEnd.Cancelled _ -> new GenerationEnd.Cancelled(usage);
      case GenerationEnd.Failed(var fault, _) -> new GenerationEnd.Failed(fault, usage);
    };
  }

  /** Completes when the sink has been told the end. */
  CompletableFuture<Void> left() {
    return left;
  }
}
