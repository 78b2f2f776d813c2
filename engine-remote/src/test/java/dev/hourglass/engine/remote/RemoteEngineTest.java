package dev.hourglass.engine.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineFault.Kind;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.UpstreamAnswer;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.UpstreamScript;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemoteEngineTest {
  private static final String SECRET = "sk-very-secret";
  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,\"tools\":[],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final Vertx vertx = Vertx.vertx();
  private final ScriptedUpstream upstream = ScriptedUpstream.start("m");
  private RemoteEndpoint endpoint =
      new RemoteEndpoint(vertx, RemoteSettings.of(upstream.base()), System::nanoTime);
  private RemoteEngine engine = new RemoteEngine(endpoint, "m", "m", 4096, (_, _) -> {});

  @BeforeEach
  void open() {
    endpoint =
        new RemoteEndpoint(
            vertx,
            RemoteSettings.of(upstream.base())
                .withCredential(new RemoteSettings.Credential(SECRET))
                .withTimeouts(
                    Duration.ofSeconds(2), Duration.ofMillis(1_500), Duration.ofSeconds(20)),
            System::nanoTime);
    engine = new RemoteEngine(endpoint, "m", "m", 4096, (_, _) -> {});
  }

  @AfterEach
  void close() {
    endpoint.close();
    upstream.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void relaysAStreamByteForByteAndCountsWhatItCost() {
    String events =
        UpstreamScript.says("Hel") + UpstreamScript.says("lo") + UpstreamScript.finishes("stop");
    upstream.next(
        UpstreamScript.stream()
            .then(events)
            .then(UpstreamScript.usage(7, 3, 2))
            .then(UpstreamScript.done())
            .thenEnds());

    RecordingSink sink = relay(BODY, true);
    GenerationEnd.Finished end = sink.awaitFinished();

    assertThat(sink.text()).isEqualTo("Hello");
    // The usage was asked for in the client's place, and so is not for the client.
    assertThat(original(sink)).isEqualTo(events + UpstreamScript.done());
    assertThat(end.reason()).isEqualTo(FinishReason.STOP);
    assertThat(end.usage().prompt().promptTokens()).isEqualTo(7);
    assertThat(end.usage().prompt().cachedTokens()).isEqualTo(3);
    assertThat(end.usage().completionTokens()).isEqualTo(2);
    assertThat(sink.violations()).isEmpty();
    assertThat(upstream.requests().getFirst().body())
        .isEqualTo("{\"stream_options\":{\"include_usage\":true}," + BODY.substring(1));
    assertThat(upstream.requests().getFirst().head()).contains("Bearer " + SECRET);
  }

  @Test
  void relaysAWholeAnswerByteForByte() {
    String answer = UpstreamScript.chat("Grüße", 4, 2);
    upstream.next(UpstreamScript.answers(200, "application/json; charset=utf-8", answer));

    RecordingSink sink = relay(BODY, false);
    GenerationEnd.Finished end = sink.awaitFinished();

    assertThat(original(sink)).isEqualTo(answer);
    assertThat(sink.text()).isEqualTo("Grüße");
    assertThat(end.usage().completionTokens()).isEqualTo(2);
    assertThat(upstream.requests().getFirst().body()).isEqualTo(BODY);
  }

  @Test
  void putsCharactersTogetherThatArriveInHalves() {
    String events =
        UpstreamScript.says("äöü€😀") + UpstreamScript.finishes("length") + UpstreamScript.done();
    upstream.next(UpstreamScript.stream().thenSingly(events).thenEnds());

    RecordingSink sink = relay(BODY, true);

    assertThat(sink.awaitFinished().reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(sink.text()).isEqualTo("äöü€😀");
    assertThat(original(sink)).isEqualTo(events);
  }

  @Test
  void namesTheModelAsTheServerDoes() {
    engine = new RemoteEngine(endpoint, "ours", "theirs/big", 4096, (_, _) -> {});
    relay(BODY, false).awaitEnd();
    engine.generate(
        request(
            new OriginalRequest(
                utf8("{\"messages\":[]}"), -1, -1, false, false, false, null, null)),
        new RecordingSink());
    RecordingSink last = relay(BODY, false);
    last.awaitEnd();

    assertThat(upstream.requests().getFirst().body())
        .isEqualTo(BODY.replace("\"m\"", "\"theirs/big\""));
    assertThat(upstream.requests())
        .anySatisfy(asked ->
            assertThat(asked.body()).isEqualTo("{\"model\":\"theirs/big\",\"messages\":[]}"));
  }

  @Test
  void asksInItsOwnWordsForATranscript() {
    RecordingSink sink = new RecordingSink();
    engine.generate(request(null), sink);
    GenerationEnd.Finished end = sink.awaitFinished();

    assertThat(sink.text()).isEqualTo("Hello there");
    assertThat(end.usage().prompt().promptTokens()).isEqualTo(5);
    assertThat(upstream.requests().getFirst().body())
        .contains("\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]")
        .contains("\"max_tokens\":9");
  }

  @Test
  void keepsToolCallsApartFromTheText() {
    String call =
        """
        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":\
        {"name":"look","arguments":"{\\"q\\":"}}]}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":\
        {"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}

        """;
    upstream.next(UpstreamScript.stream().then(call + UpstreamScript.done()).thenEnds());

    RecordingSink sink = relay(BODY, true);
    sink.awaitFinished();

    assertThat(original(sink)).isEqualTo(call + UpstreamScript.done());
    assertThat(sink.text()).isEqualTo("\nc1 look {\"q\":1}");
  }

  // --- what servers do wrong -------------------------------------------------------------------

  @Test
  void tellsWhenNobodyListens() {
    endpoint = at("http://127.0.0.1:1/v1");
    engine = new RemoteEngine(endpoint, "m", "m", 0, (_, _) -> {});

    assertThat(fault(relay(BODY, true)).kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void tellsWhenTheServerDiesInMidToken() {
    upstream.next(
        UpstreamScript.stream().then(UpstreamScript.says("Hel") + "data: {\"cho").thenResets());

    RecordingSink sink = relay(BODY, true);

    assertThat(fault(sink).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(sink.text()).isEqualTo("Hel");
  }

  @Test
  void tellsWhenAStreamEndsTooEarly() {
    upstream.next(UpstreamScript.stream().then(UpstreamScript.says("Hel")).thenEnds());

    assertThat(fault(relay(BODY, true)).kind()).isEqualTo(Kind.BROKEN_OFF);
  }

  @Test
  void holdsBackWhatIsNoAnswerYet() {
    String role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    upstream.next(UpstreamScript.stream().then(role).thenResets());

    RecordingSink sink = relay(BODY, true);

    assertThat(fault(sink).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(sink.deltas()).isEmpty();
  }

  @Test
  void givesUpAServerThatSaysNothing() {
    upstream.next(UpstreamScript.stream().thenAwaits(new CountDownLatch(1)));

    assertThat(fault(relay(BODY, true)).kind()).isEqualTo(Kind.STALLED);
  }

  @Test
  void tellsOfMalformedEventsAndOtherContentTypes() {
    upstream.next(UpstreamScript.stream().then("data: {\"choices\":\n\n"));
    upstream.next(UpstreamScript.stream("text/html").then("<html>"));
    upstream.next(UpstreamScript.answers(200, "text/html", "<html>"));
    upstream.next(UpstreamScript.raw("SSH-2.0-OpenSSH\r\n\r\n"));

    assertThat(fault(relay(BODY, true)).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(fault(relay(BODY, true)).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(fault(relay(BODY, false)).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(fault(relay(BODY, false)).kind()).isEqualTo(Kind.BROKEN_OFF);
  }

  @Test
  void passesARefusalOnWithItsStatusAndWithoutOurSecret() {
    upstream.next(
        UpstreamScript.answers(
            400,
            "application/json",
            "{\"error\":{\"message\":\"no such tool for " + SECRET + "\"}}"));

    EngineFault fault = fault(relay(BODY, true));

    assertThat(fault.kind()).isEqualTo(Kind.REJECTED);
    assertThat(fault.message()).isEqualTo("no such tool for ****");
    assertThat(fault.upstream()).isNotNull();
    assertThat(String.valueOf(fault.upstream())).contains("400").doesNotContain(SECRET);
  }

  @Test
  void honoursWhenTheServerWantsToBeAskedAgain() {
    upstream.next(UpstreamScript.answers(429, "application/json", "{}", "Retry-After: 7\r\n"));
    upstream.next(UpstreamScript.answers(503, "text/plain", "busy"));

    EngineFault limited = fault(relay(BODY, false));
    EngineFault busy = fault(relay(BODY, false));

    assertThat(limited.kind()).isEqualTo(Kind.OVERLOADED);
    assertThat(limited.upstream())
        .extracting(answer -> answer == null ? null : answer.retryAfter())
        .isEqualTo(Duration.ofSeconds(7));
    assertThat(busy.kind()).isEqualTo(Kind.OVERLOADED);
  }

  @Test
  void takesAnErrorThatBeginsAStreamForTheRefusalItIs() {
    // As vLLM does where --max-num-queued-reqs is reached by requests that come at once.
    String busy =
        "{\"error\": {\"message\": \"busy\", \"type\": \"Service Unavailable\", \"code\": 503}}";
    upstream.next(UpstreamScript.stream().then("data: " + busy + "\n\n").thenEnds());

    EngineFault fault = fault(relay(BODY, true));

    assertThat(fault.kind()).isEqualTo(Kind.OVERLOADED);
    assertThat(fault.message()).isEqualTo("busy");
    assertThat(fault.upstream()).isEqualTo(new UpstreamAnswer(503, busy, true, null));
  }

  @Test
  void anErrorAfterTheFirstTextIsNoRefusal() {
    CountDownLatch gate = new CountDownLatch(1);
    upstream.next(
        UpstreamScript.stream()
            .then(UpstreamScript.says("Hel"))
            .thenAwaits(gate)
            .then("data: {\"error\":{\"message\":\"busy\",\"code\":503}}\n\n"));

    RecordingSink sink = relay(BODY, true);
    sink.awaitFirstText();
    gate.countDown();

    assertThat(fault(sink).kind()).isEqualTo(Kind.BROKEN_OFF);
  }

  @Test
  void endsAnEndlessAnswer() throws InterruptedException {
    upstream.next(
        UpstreamScript.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            .thenFloods("10000\r\n" + " ".repeat(0x10000) + "\r\n"));

    assertThat(fault(relay(BODY, false)).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(upstream.awaitLeaver()).isTrue();
  }

  @Test
  void endsAStreamWithoutAnAnswerInIt() throws InterruptedException {
    String comments = ": nothing yet\n\n".repeat(4_000);
    upstream.next(
        UpstreamScript.stream()
            .thenFloods(Integer.toHexString(comments.length()) + "\r\n" + comments + "\r\n"));

    RecordingSink sink = relay(BODY, true);

    assertThat(fault(sink).kind()).isEqualTo(Kind.BROKEN_OFF);
    assertThat(sink.deltas()).isEmpty();
    assertThat(upstream.awaitLeaver()).isTrue();
  }

  // --- leaving ---------------------------------------------------------------------------------

  @Test
  void leavesTheServerAtOnceWhenCancelled() throws InterruptedException {
    upstream.next(
        UpstreamScript.stream().then(UpstreamScript.says("Hel")).thenAwaits(new CountDownLatch(1)));
    RecordingSink sink = new RecordingSink();
    Generation generation = engine.generate(relayed(BODY, true), sink);
    sink.awaitFirstText();

    generation.cancel();
    generation.cancel();

    assertThat(sink.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
    assertThat(upstream.awaitLeaver()).isTrue();
    assertThat(sink.violations()).isEmpty();
    assertThat(endpoint.callsInFlight()).isZero();
  }

  @Test
  void listsItsModelsAndSaysWhatItCannotDo() {
    assertThat(endpoint.look().toCompletableFuture().join().models())
        .singleElement()
        .satisfies(model -> {
          assertThat(model.id()).isEqualTo("m");
          assertThat(model.contextTokens()).isEqualTo(4096);
        });
    assertThat(engine.release(session()).toCompletableFuture().join())
        .isEqualTo(new KvOutcome.Unsupported());
  }

  private RemoteEndpoint at(String url) {
    endpoint.close();
    return new RemoteEndpoint(vertx, RemoteSettings.of(URI.create(url)), System::nanoTime);
  }

  private RecordingSink relay(String body, boolean streamed) {
    RecordingSink sink = new RecordingSink();
    engine.generate(relayed(body, streamed), sink);
    return sink;
  }

  private static GenerationRequest relayed(String body, boolean streamed) {
    return request(
        new OriginalRequest(
            utf8(body),
            body.indexOf("\"m\""),
            body.indexOf("\"m\"") + 3,
            streamed,
            false,
            false,
            null,
            null));
  }

  private static GenerationRequest request(@Nullable OriginalRequest original) {
    return new GenerationRequest(
        session(),
        TenantId.DEFAULT,
        new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "hi"))),
        Sampling.DEFAULTS,
        9,
        true,
        original);
  }

  private static SessionId session() {
    return new SessionId("sess_" + "a".repeat(24));
  }

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static EngineFault fault(RecordingSink sink) {
    assertThat(sink.awaitEnd()).isInstanceOf(GenerationEnd.Failed.class);
    return ((GenerationEnd.Failed) sink.awaitEnd()).fault();
  }

  private static String original(RecordingSink sink) {
    StringBuilder bytes = new StringBuilder();
    for (TextDelta delta : sink.deltas()) {
      if (delta.original() != null) {
        bytes.append(StandardCharsets.UTF_8.decode(delta.original().duplicate()));
      }
    }
    return bytes.toString();
  }
}
