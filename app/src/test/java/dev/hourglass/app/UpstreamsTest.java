package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.routing.EndpointStatus;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.upstream.LlamaDialect;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.ServerDialect;
import dev.hourglass.testkit.upstream.UpstreamScript;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpstreamsTest {
  private final Vertx vertx = Vertx.vertx();
  private final ScriptedUpstream one = ScriptedUpstream.start("m");
  private final ScriptedUpstream two = ScriptedUpstream.start("m");

  @AfterEach
  void close() {
    one.close();
    two.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void serversJoinAndLeaveWithoutCuttingAStream() throws InterruptedException {
    try (Upstreams upstreams = open(plan(server(one, 1, 0)))) {
      EnginePool pool = upstreams.pools().iterator().next();
      CountDownLatch gate = new CountDownLatch(1);
      RecordingSink running = halted(one, pool, gate);

      upstreams.follow(List.of(plan(server(two, 1, 0))), _ -> {});
      RecordingSink next = ask(pool, 2);
      assertThat(next.awaitEnd()).isInstanceOf(GenerationEnd.Finished.class);
      assertThat(two.requests()).hasSize(1);
      assertThat(pool.endpoints()).hasSize(2);
      gate.countDown();

      assertThat(running.awaitFinished()).isNotNull();
      assertThat(running.text()).isEqualTo("Hello");
      await().until(() -> pool.endpoints().size() == 1);
      assertThat(pool.endpoints().getFirst().id().value()).endsWith(":" + two.base().getPort());
    }
  }

  @Test
  void aServerWhoseTermsChangeComesBackWithThem() throws InterruptedException {
    try (Upstreams upstreams = open(plan(server(one, 1, 0)))) {
      EnginePool pool = upstreams.pools().iterator().next();

      upstreams.follow(List.of(plan(server(one, 3, 0))), _ -> {});

      await()
          .until(() ->
              pool.endpoints().stream().map(EndpointStatus::weight).toList().equals(List.of(3.0)));
      assertThat(ask(pool, 1).awaitEnd()).isInstanceOf(GenerationEnd.Finished.class);
    }
  }

  @Test
  void givesAServerNoMoreThanItsCapacity() throws InterruptedException {
    try (Upstreams upstreams = open(plan(server(one, 1, 1)))) {
      EnginePool pool = upstreams.pools().iterator().next();
      one.next(
          UpstreamScript.stream()
              .then(UpstreamScript.says("Hel"))
              .thenAwaits(new CountDownLatch(1)));
      ask(pool, 1).awaitFirstText();

      assertThat(ask(pool, 2).awaitFailed().fault().message()).contains("at its capacity of 1");
    }
  }

  @Test
  void slotsOfAServerAreItsSlotsInThePool() throws InterruptedException {
    try (ScriptedUpstream llama = ScriptedUpstream.speaking(LlamaDialect.of("m", 3));
        Upstreams upstreams = open(plan(server(llama, 1, 0)))) {
      assertThat(upstreams.pools().iterator().next().endpoints().getFirst().slots()).isEqualTo(3);
    }
  }

  @Test
  void thePoolOfAModelThatIsGoneKeepsItsServersUntilOthersServeIt() throws InterruptedException {
    UpstreamPlan.Server first = server(one, 1, 0);
    UpstreamPlan.Server second = server(two, 1, 0);
    try (Upstreams upstreams = open(plan(List.of("m", "k"), first))) {
      EnginePool gone = upstreams.catalogue().pools().getFirst();
      AtomicReference<Upstreams.Catalogue> told = new AtomicReference<>(upstreams.catalogue());

      upstreams.follow(List.of(plan(List.of("k"), first)), told::set);
      assertThat(models(told.get())).containsExactly("k");
      assertThat(models(upstreams.catalogue())).containsExactly("k");
      assertThat(servers(gone)).containsExactly(one.base().getPort());

      UpstreamPlan other =
          new UpstreamPlan(
              "q", List.of("m"), Map.of(), null, RoutingStrategy.SESSION, List.of(second));
      upstreams.follow(List.of(plan(List.of("k"), first), other), told::set);
      assertThat(told.get().pools()).contains(gone);
      await().until(() -> servers(gone).equals(List.of(two.base().getPort())));
      EnginePool staying = told.get().pools().getFirst();
      await().until(() -> servers(staying).equals(List.of(one.base().getPort())));
    }
  }

  @Test
  void aServerThatIsTakenBackBeforeItHasLeftJoinsOnce() throws InterruptedException {
    try (Upstreams upstreams = open(plan(server(one, 1, 0)))) {
      EnginePool pool = upstreams.pools().iterator().next();
      CountDownLatch gate = new CountDownLatch(1);
      RecordingSink running = halted(one, pool, gate);

      for (int weight = 2; weight <= 4; weight++) {
        upstreams.follow(List.of(plan(server(one, weight, 0))), _ -> {});
      }
      gate.countDown();

      assertThat(running.awaitFinished()).isNotNull();
      await()
          .until(() ->
              pool.endpoints().stream().map(EndpointStatus::weight).toList().equals(List.of(4.0)));
    }
  }

  @Test
  void modelsBeyondTheBoundWaitForTheNextStart() throws InterruptedException {
    List<String> names =
        IntStream.range(0, Upstreams.MOST_MODELS + 5).mapToObj(number -> "m" + number).toList();
    try (Upstreams upstreams = open(plan(server(one, 1, 0)))) {
      upstreams.follow(List.of(plan(names, server(one, 1, 0))), _ -> {});

      assertThat(upstreams.pools()).hasSize(Upstreams.MOST_MODELS);
      assertThat(models(upstreams.catalogue())).contains("m0").doesNotContain("m", "m1004");
    }
  }

  @Test
  void aNameThatClientsUsedKeepsItsPoolWhenItIsListed() throws InterruptedException {
    try (ScriptedUpstream silent =
            ScriptedUpstream.speaking(_ -> UpstreamScript.answers(404, "application/json", "{}"));
        Upstreams upstreams = open(plan(server(silent, 1, 0)))) {
      EnginePool used = upstreams.unlisted().orElseThrow().apply("m");
      assertThat(servers(used)).containsExactly(silent.base().getPort());

      upstreams.follow(List.of(plan(server(one, 1, 0))), _ -> {});

      assertThat(upstreams.catalogue().pools()).containsExactly(used);
      assertThat(upstreams.unlisted().orElseThrow().apply("m")).isSameAs(used);
      await().until(() -> servers(used).equals(List.of(one.base().getPort())));
    }
  }

  @Test
  void modelsThatAServerListsLaterAreServedAndNoStreamIsCut() throws InterruptedException {
    AtomicReference<List<String>> listed = new AtomicReference<>(List.of("m"));
    try (ScriptedUpstream server = ScriptedUpstream.listing(listed::get);
        Upstreams upstreams = open(plan(server(server, 1, 0)))) {
      EnginePool pool = upstreams.pools().iterator().next();
      CountDownLatch gate = new CountDownLatch(1);
      RecordingSink running = halted(server, pool, gate);

      listed.set(List.of("m", "n"));
      awaitServed(upstreams, "m", "n");
      assertThat(ask(upstreams.catalogue().pools().get(1), 2).awaitEnd())
          .isInstanceOf(GenerationEnd.Finished.class);
      assertThat(pool.endpoints()).hasSize(1);
      gate.countDown();
      assertThat(running.awaitFinished()).isNotNull();

      listed.set(List.of("n"));
      awaitServed(upstreams, "n");
    }
  }

  @Test
  void aServerThatHasAnotherModelAfterItsRestartIsAskedAnewWhatItIs() throws InterruptedException {
    AtomicReference<ServerDialect> process = new AtomicReference<>(LlamaDialect.of("m", 3));
    try (ScriptedUpstream server =
            ScriptedUpstream.speaking(request -> process.get().answer(request));
        Upstreams upstreams = open(plan(server(server, 1, 0)))) {
      EnginePool before = upstreams.pools().iterator().next();

      process.set(LlamaDialect.of("k", 5));
      awaitServed(upstreams, "k");

      await().until(() -> before.endpoints().isEmpty());
      EnginePool after = upstreams.catalogue().pools().getFirst();
      await().until(() -> after.endpoints().size() == 1);
      assertThat(after.endpoints().getFirst().slots()).isEqualTo(5);
    }
  }

  @Test
  void aServerThatComesLaterThanTheGatewayIsListedThen() throws InterruptedException {
    AtomicReference<@Nullable String> list = new AtomicReference<>();
    try (ScriptedUpstream late =
            ScriptedUpstream.speaking(_ -> {
              String listed = list.get();
              return listed == null
                  ? UpstreamScript.answers(503, "application/json", "{}")
                  : UpstreamScript.answers(200, "application/json", listed);
            });
        Upstreams upstreams = open(plan(server(late, 1, 0)))) {
      assertThat(upstreams.catalogue().pools()).isEmpty();

      list.set("{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}");
      awaitServed(upstreams, "m");

      assertThat(upstreams.unlisted()).as("whatever a client names").isPresent();
      EnginePool pool = upstreams.catalogue().pools().getFirst();
      await().until(() -> servers(pool).equals(List.of(late.base().getPort())));
    }
  }

  /** Lets seconds pass, faster than they do, until these are served. */
  private static void awaitServed(Upstreams upstreams, String... models) {
    await()
        .until(() -> {
          upstreams.second();
          upstreams.look(_ -> {});
          return models(upstreams.catalogue()).equals(List.of(models));
        });
  }

  private static List<String> models(Upstreams.Catalogue catalogue) {
    return catalogue.pools().stream().map(pool -> pool.info().model()).toList();
  }

  private static List<Integer> servers(EnginePool pool) {
    return pool.endpoints().stream()
        .map(endpoint -> endpoint.id().value())
        .map(id -> Integer.valueOf(id.substring(id.lastIndexOf(':') + 1)))
        .toList();
  }

  @Test
  void aWrongFileChangesNothing(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("hourglass.yaml"), "pools: []");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
    AtomicInteger followed = new AtomicInteger();
    AtomicInteger read = new AtomicInteger();
    PoolFile watched =
        new PoolFile(
            file,
            () -> {
              if (read.incrementAndGet() == 1) {
                throw new IllegalArgumentException("wrong");
              }
              return List.of();
            },
            _ -> followed.incrementAndGet(),
            Runnable::run);

    watched.look();
    assertThat(read).hasValue(0);
    Files.setLastModifiedTime(file, FileTime.fromMillis(2_000));
    watched.look();
    watched.look();
    assertThat(read).hasValue(1);
    assertThat(followed).hasValue(0);
    Files.setLastModifiedTime(file, FileTime.fromMillis(3_000));
    watched.look();

    assertThat(followed).hasValue(1);
  }

  private Upstreams open(UpstreamPlan plan) throws InterruptedException {
    return Upstreams.open(
        List.of(plan),
        strategy ->
            new EnginePool.Settings(
                strategy,
                EnginePool.Settings.DEFAULTS.retryDeadline(),
                EnginePool.Settings.DEFAULTS.mostSessions()),
        vertx,
        (_, _) -> {},
        new Random(1),
        Runnable::run);
  }

  private static UpstreamPlan plan(UpstreamPlan.Server server) {
    return plan(List.of(), server);
  }

  private static UpstreamPlan plan(List<String> models, UpstreamPlan.Server server) {
    return new UpstreamPlan("p", models, Map.of(), null, RoutingStrategy.SESSION, List.of(server));
  }

  private static UpstreamPlan.Server server(ScriptedUpstream upstream, double weight, int most) {
    return new UpstreamPlan.Server(RemoteSettings.of(upstream.base()), weight, most);
  }

  /** A stream that has begun, and goes on when the gate opens. */
  private static RecordingSink halted(
      ScriptedUpstream server, EnginePool pool, CountDownLatch gate) {
    server.next(UpstreamScript.streamHaltedBy(gate));
    RecordingSink running = ask(pool, 1);
    running.awaitFirstText();
    return running;
  }

  private static RecordingSink ask(EnginePool pool, int session) {
    RecordingSink sink = new RecordingSink();
    pool.generate(
        new GenerationRequest(
            new SessionId("sess_%024d".formatted(session)),
            TenantId.DEFAULT,
            new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "hi"))),
            Sampling.GREEDY,
            4,
            true),
        sink);
    return sink;
  }
}
