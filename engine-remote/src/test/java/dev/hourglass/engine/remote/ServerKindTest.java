package dev.hourglass.engine.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.upstream.HourglassDialect;
import dev.hourglass.testkit.upstream.LlamaDialect;
import dev.hourglass.testkit.upstream.LlamaDialect.Lie;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.ServerDialect;
import dev.hourglass.testkit.upstream.SglangDialect;
import dev.hourglass.testkit.upstream.VllmDialect;
import dev.hourglass.testkit.upstream.WordServer;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each kind of server can do with KV state, and what is made of it when it lies. */
class ServerKindTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> residency = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  // --- llama-server ----------------------------------------------------------------------------

  @Test
  void keepsEachSessionInItsSlot() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    say(engine, 2, "two");
    int first = held(engine, 1);

    GenerationEnd.Finished again = say(engine, 1, "one");

    assertThat(again.usage().prompt().cachedTokens()).isPositive();
    assertThat(held(engine, 1)).isEqualTo(first);
    assertThat(engine.info().maxSequences()).isEqualTo(2);
  }

  @Test
  void erasesASlotBeforeItChangesHands() {
    LlamaDialect server = LlamaDialect.of("m", 1);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "the same words");

    GenerationEnd.Finished other = say(engine, 2, "the same words");

    assertThat(other.usage().prompt().cachedTokens()).isZero();
    assertThat(residency).containsExactly(session(1) + " 0");
    assertThat(held(engine, 1)).isZero();
  }

  @Test
  void generationsWaitForASlotInOrder() {
    RemoteEngine engine = engine(LlamaDialect.of("m", 1), null);
    RecordingSink longOne = new RecordingSink();
    Generation running = engine.generate(request(1, "long", 400), longOne);
    longOne.awaitFirstText();
    RecordingSink left = new RecordingSink();
    Generation waiting = engine.generate(request(2, "left", 4), left);
    RecordingSink next = new RecordingSink();
    engine.generate(request(3, "next", 4), next);
    assertThat(engine.activity().queued()).hasValue(2);

    waiting.cancel();
    assertThat(left.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
    assertThat(next.isEnded()).isFalse();
    running.cancel();

    assertThat(next.awaitFinished().usage().completionTokens()).isEqualTo(4);
    assertThat(engine.activity().queued()).hasValue(0);
  }

  @Test
  void doesNotBelieveThatASlotWasErased() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    server.lies(Lie.ERASES_NOTHING);

    assertThat(await(engine.release(session(1)))).isInstanceOf(KvOutcome.Failed.class);
    assertThat(held(engine, 1)).isEqualTo(server.held(0)).isPositive();
  }

  @Test
  void doesNotBelieveThatASlotWasRestored() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    KvSnapshot snapshot = snapshot(engine, 1);
    await(engine.release(session(1)));
    server.lies(Lie.RESTORES_NOTHING);

    assertThat(await(engine.restore(session(1), snapshot))).isInstanceOf(KvOutcome.Failed.class);
  }

  @Test
  void restoresNoMoreWhereItIsInVain() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    KvSnapshot snapshot = snapshot(engine, 1);
    await(engine.release(session(1)));
    server.lies(Lie.RESTORES_IN_VAIN);
    assertThat(await(engine.restore(session(1), snapshot))).isInstanceOf(KvOutcome.Applied.class);

    assertThat(say(engine, 1, "one").usage().prompt().cachedTokens()).isZero();

    assertThat(await(engine.snapshot(session(1)))).isEqualTo(new SnapshotOutcome.Unsupported());
    assertThat(await(engine.restore(session(1), snapshot))).isEqualTo(new KvOutcome.Unsupported());
  }

  @Test
  void overwritesTheFileOfASnapshotThatNobodyNeeds() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    KvSnapshot snapshot = snapshot(engine, 1);
    assertThat(server.filed()).isPositive();

    snapshot.close();
    await(engine.release(session(1)));

    assertThat(server.filed()).isZero();
    assertThat(await(engine.restore(session(1), snapshot))).isInstanceOf(KvOutcome.Failed.class);
  }

  @Test
  void saysWhatStaysWhereSlotsTakeNoActions() {
    LlamaDialect server = LlamaDialect.withoutActions("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");

    assertThat(await(engine.release(session(1)))).isEqualTo(new KvOutcome.Unsupported());
    assertThat(held(engine, 1)).isEqualTo(server.held(0)).isPositive();
    assertThat(await(engine.snapshot(session(1)))).isEqualTo(new SnapshotOutcome.Unsupported());
  }

  @Test
  void aClientCannotNameAnothersSlot() {
    LlamaDialect server = LlamaDialect.of("m", 2);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "secret words");
    int held = server.held(0);
    String body =
        "{\"model\":\"m\",\"id_slot\":0,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"mine\"}] }\n";
    relayed(engine, 2, TenantId.DEFAULT, body, null);

    assertThat(server.held(0)).isEqualTo(held);
    assertThat(held(engine, 2)).isEqualTo(server.held(1)).isPositive();
  }

  // --- others ----------------------------------------------------------------------------------

  @Test
  void readsHowFullVllmIs() {
    RemoteEngine engine = engine(VllmDialect.of("m"), null);

    assertThat(await(engine.occupancy()).usedTokens()).isEqualTo(4_000);
    assertThat(await(engine.occupancy()).capacityTokens()).isEqualTo(16_000);
    assertThat(engine.activity().running()).hasValue(3);
    assertThat(engine.activity().queued()).hasValue(2);
    assertThat(engine.info().kvCapacityTokens()).isEqualTo(16_000);
  }

  @Test
  void addsUpTheEnginesOfOneVllm() {
    RemoteEngine engine =
        vllm(
            """
            vllm:num_requests_running{engine="0",model_name="m"} 2.0
            vllm:num_requests_running{engine="1",model_name="m"} 2.0
            vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
            vllm:num_requests_waiting{engine="1",model_name="m"} 1.0
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
            vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
            vllm:cache_config_info{block_size="128",engine="0",kv_cache_size_tokens="1024",num_gpu_blocks="16"} 1.0
            vllm:cache_config_info{block_size="128",engine="1",kv_cache_size_tokens="1024",num_gpu_blocks="16"} 1.0
            """);

    assertThat(await(engine.occupancy()).usedTokens()).isEqualTo(1_024);
    assertThat(engine.info().kvCapacityTokens()).isEqualTo(2_048);
    assertThat(engine.activity().running()).hasValue(4);
    assertThat(engine.activity().queued()).hasValue(3);
  }

  @Test
  void countsNoMoreRoomThanVllmSaysForItsTokens() {
    RemoteEngine engine =
        vllm(
            """
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.0
            vllm:cache_config_info{block_size="32",engine="0",kv_cache_size_tokens="690065",num_gpu_blocks="131072"} 1.0
            """);

    assertThat(engine.info().kvCapacityTokens()).isEqualTo(690_065);
  }

  @Test
  void countsTheBlocksOfAnOlderVllmOnce() {
    RemoteEngine engine =
        vllm(
            """
            vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.5
            vllm:gpu_cache_usage_perc{engine="1",model_name="m"} 0.5
            vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="100"} 1.0
            vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="100"} 1.0
            """);

    assertThat(await(engine.occupancy()).usedTokens()).isEqualTo(800);
    assertThat(engine.info().kvCapacityTokens()).isEqualTo(1_600);
  }

  @Test
  void knowsVllmBeforeItsFirstRequest() {
    RemoteEndpoint endpoint =
        endpoint(
            VllmDialect.telling(
                "m",
                """
                vllm:prompt_tokens_total{engine="0",model_name="m"} 0.0
                vllm:cache_config_info{block_size="128",engine="0",kv_cache_size_tokens="1024",num_gpu_blocks="8"} 1.0
                """),
            null);

    assertThat(await(endpoint.look()).kind()).isEqualTo(ServerKind.VLLM);
    assertThat(await(endpoint.control().occupancy()).usedTokens()).isZero();
    assertThat(endpoint.control().kvCapacityTokens()).isEqualTo(1_024);
  }

  @Test
  void tagsAndClosesSessionsOfSglangWithoutClaimingThatTheyAreGone() {
    SglangDialect server = SglangDialect.of("m", true);
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");
    assertThat(server.open()).hasSize(1).isEqualTo(server.tagged());

    assertThat(await(engine.release(session(1)))).isEqualTo(new KvOutcome.Unsupported());
    say(engine, 1, "one");

    assertThat(await(engine.residue(session(1)))).isEqualTo(new Residue.Unknown());
    assertThat(server.tagged()).hasSize(2);
  }

  @Test
  void leavesSglangAloneWhereSessionsAreNotEnabled() {
    SglangDialect server = SglangDialect.of("m", false);
    say(engine(server, null), 1, "one");

    assertThat(server.open()).isEmpty();
    assertThat(server.tagged()).isEmpty();
  }

  @Test
  void relaysWhatAnotherHourglassCouldNotFree() {
    HourglassDialect server = HourglassDialect.of("m");
    RemoteEngine engine = engine(server, null);
    int held = say(engine, 1, "one").usage().kvTokens();
    server.keepsKv();

    assertThat(await(engine.release(session(1)))).isInstanceOf(KvOutcome.Failed.class);
    assertThat(await(engine.residue(session(1)))).isEqualTo(new Residue.Counted(held));
  }

  @Test
  void aSessionThatForksThereLeavesNothingBehind() {
    HourglassDialect server = HourglassDialect.of("m");
    RemoteEngine engine = engine(server, null);
    say(engine, 1, "one");

    say(engine, 1, "an edited history");
    await(engine.release(session(1)));

    assertThat(server.sessions()).isZero();
  }

  @Test
  void doesNotBelieveANameThatNothingConfirms() {
    ServerDialect proxy =
        request ->
            request.path().endsWith("/models")
                ? LlamaDialect.of("m", 1).answer(request)
                : WordServer.openAi("m").answer(request);
    RemoteEndpoint endpoint = endpoint(proxy, null);

    assertThat(await(endpoint.look()).kind()).isEqualTo(ServerKind.OPENAI);
    assertThat(await(endpoint.look()).control()).isSameAs(KvControl.NONE);
  }

  @Test
  void keepsTenantsApartInVllm() {
    keepsTenantsApart(VllmDialect.of("m"));
  }

  @Test
  void keepsTenantsApartInSglang() {
    keepsTenantsApart(SglangDialect.of("m", false));
  }

  private void keepsTenantsApart(ServerDialect server) {
    RemoteEngine engine = engine(server, null);
    TenantId acme = new TenantId("acme");
    TenantId other = new TenantId("other");

    assertThat(cached(engine, acme, null)).isZero();
    assertThat(cached(engine, acme, null)).isPositive();
    assertThat(cached(engine, other, null)).as("another tenant").isZero();
    assertThat(cached(engine, TenantId.DEFAULT, null)).as("nobody's").isZero();
    assertThat(cached(engine, TenantId.DEFAULT, null)).isPositive();
    assertThat(cached(engine, acme, "theirs")).as("by the client's own salt").isZero();
    assertThat(cached(engine, acme, "theirs")).isPositive();
    assertThat(cached(engine, other, "theirs")).as("by another's salt").isZero();
  }

  /** Cached tokens of a request as a client sent it, with a salt of its own or none. */
  private static int cached(RemoteEngine engine, TenantId tenant, @Nullable String salt) {
    String body =
        "{\"model\":\"m\",\"stream\":true,%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(salt == null ? "" : "\"cache_salt\":\"" + salt + "\",", "word ".repeat(40));
    return relayed(engine, 1, tenant, body, salt).usage().prompt().cachedTokens();
  }

  /** A request as its client sent it, beginning with the model {@code m}. */
  private static GenerationEnd.Finished relayed(
      RemoteEngine engine, int session, TenantId tenant, String body, @Nullable String salt) {
    RecordingSink sink = new RecordingSink();
    engine.generate(
        new GenerationRequest(
            session(session),
            tenant,
            new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "as in the body"))),
            Sampling.GREEDY,
            4,
            true,
            new OriginalRequest(
                ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)),
                9,
                12,
                true,
                false,
                false,
                salt,
                null)),
        sink);
    return sink.awaitFinished();
  }

  // --- what they have in common ----------------------------------------------------------------

  private RemoteEndpoint endpoint(ServerDialect dialect, @Nullable ServerKind kind) {
    ScriptedUpstream upstream = ScriptedUpstream.speaking(dialect);
    RemoteEndpoint endpoint =
        new RemoteEndpoint(
            vertx, RemoteSettings.of(upstream.base()).withKind(kind), System::nanoTime);
    opened.add(endpoint);
    opened.add(upstream);
    return endpoint;
  }

  private RemoteEngine engine(ServerDialect dialect, @Nullable ServerKind kind) {
    RemoteEndpoint endpoint = endpoint(dialect, kind);
    await(endpoint.look());
    return new RemoteEngine(
        endpoint, "m", "m", 4096, (session, kvTokens) -> residency.add(session + " " + kvTokens));
  }

  private RemoteEngine vllm(String metrics) {
    return engine(VllmDialect.telling("m", metrics), null);
  }

  private static GenerationEnd.Finished say(RemoteEngine engine, int session, String words) {
    RecordingSink sink = new RecordingSink();
    engine.generate(request(session, words, 4), sink);
    return sink.awaitFinished();
  }

  private static GenerationRequest request(int session, String words, int maxTokens) {
    return new GenerationRequest(
        session(session),
        TenantId.DEFAULT,
        new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, words))),
        Sampling.GREEDY,
        maxTokens,
        true);
  }

  private static SessionId session(int number) {
    return new SessionId("sess_%024d".formatted(number));
  }

  private static int held(RemoteEngine engine, int session) {
    Residue residue = await(engine.residue(session(session)));
    assertThat(residue).isInstanceOf(Residue.Counted.class);
    return ((Residue.Counted) residue).kvTokens();
  }

  private static KvSnapshot snapshot(RemoteEngine engine, int session) {
    SnapshotOutcome outcome = await(engine.snapshot(session(session)));
    assertThat(outcome).isInstanceOf(SnapshotOutcome.Taken.class);
    return ((SnapshotOutcome.Taken) outcome).snapshot();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
