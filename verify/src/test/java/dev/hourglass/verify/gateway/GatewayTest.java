package dev.hourglass.verify.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.Answer;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.Refusal;
import dev.hourglass.core.Refusal.Kind;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.TurnHandle;
import dev.hourglass.core.TurnListener;
import dev.hourglass.core.TurnRequest;
import dev.hourglass.core.TurnRequest.Input;
import dev.hourglass.core.TurnRequest.Input.Continuation.Replay;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.activity.SessionActivity;
import dev.hourglass.core.activity.TopicMeasure;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The way of a turn through the gateway, with an engine that misbehaves on command. */
class GatewayTest {
  private static final TenantId A = new TenantId("a");
  private static final TenantId B = new TenantId("b");
  private static final int TURN_LIMIT = 4;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final InstantSource clock = now::get;
  private final EventBus bus = new EventBus();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final SessionLimits limits =
      new SessionLimits(3, 5, 1, Duration.ofMinutes(30), Duration.ofDays(1));
  private final SessionTable table = new SessionTable(limits, new Random(7), clock, bus);
  private final ScriptedEngine engine = new ScriptedEngine("tiny", 1_000, table);
  private final EngineDirectory engines =
      new EngineDirectory(List.of(engine), Map.of("alias", "tiny"));
  private final InMemorySessionStore store = new InMemorySessionStore();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final Destruction destruction =
      new Destruction(table, engines, store, blocking, clock, bus, Destruction.Settings.DEFAULTS);
  private final AtomicLong nanos = new AtomicLong();
  private final ActivityWatch activity = ActivityWatch.ofWords(nanos::get);
  private final Gateway gateway =
      new Gateway(
          table,
          engines,
          store,
          destruction,
          RealTimeAdmission.open(engines, TURN_LIMIT),
          activity,
          blocking,
          clock,
          bus);
  private final Sessions sessions =
      new Sessions(table, limits, store, engines, destruction, new Random(8), clock);

  GatewayTest() {
    bus.subscribe(events::add);
  }

  @AfterEach
  void nothingIsHeld() {
    await().untilAsserted(() -> assertThat(gateway.turnsInFlight()).isZero());
    await().untilAsserted(() -> assertThat(engine.running()).isZero());
    blocking.close();
  }

  // --- implicit sessions -----------------------------------------------------------------------

  @Test
  void aResentHistoryContinuesItsSessionAndReusesItsState() {
    engine.next(Script.says("hi", " there"));
    Heard first = ask(A, user("hello"));
    Heard second = ask(A, user("hello"), assistant("hi there"), user("more"));

    assertThat(second.session()).isEqualTo(first.session());
    assertThat(first.prompt().cachedTokens()).isZero();
    assertThat(second.prompt().cachedTokens()).isPositive();
    assertThat(store.sessions()).as("nothing durable for an implicit session").isEmpty();
  }

  @Test
  void anEditedHistoryForks() {
    engine.next(Script.says("hi"));
    Heard first = ask(A, user("hello"));
    Heard fork = ask(A, user("hello"), assistant("HI"), user("more"));

    assertThat(fork.session()).isNotEqualTo(first.session());
  }

  @Test
  void anotherTenantNeverContinuesTheSession() {
    engine.next(Script.says("hi"));
    Heard first = ask(A, user("hello"));
    Heard other = ask(B, user("hello"), assistant("hi"), user("more"));

    assertThat(other.session()).isNotEqualTo(first.session());
    assertThat(other.prompt().cachedTokens()).isZero();
  }

  @Test
  void aCancelledFirstTurnLeavesNoSessionBehind() {
    CountDownLatch gate = new CountDownLatch(1);
    engine.next(Script.says("a").thenAwaits(gate).thenSays("b"));
    Heard heard = new Heard();
    TurnHandle turn = gateway.submit(request(A, conversation(user("x"))), heard);
    await().until(() -> heard.text().equals("a"));

    turn.cancel();

    assertThat(heard.end()).isInstanceOf(TurnEnd.Cancelled.class);
    await().untilAsserted(() -> assertThat(table.size()).isZero());
    assertThat(engine.kvTokens(heard.session())).isZero();
    assertThat(events).contains(new Event.LeaseEnded(heard.session(), LeaseEnd.DROPPED));
  }

  @Test
  void atTheBoundTheOldestIdleSessionGoesAndNobodyIsRefused() {
    List<SessionId> asked = new ArrayList<>();
    for (int i = 0; i < limits.implicitSessions() + 2; i++) {
      Heard heard = ask(A, user("question " + i));
      assertThat(heard.end()).isInstanceOf(TurnEnd.Completed.class);
      asked.add(heard.session());
    }

    await().untilAsserted(() -> assertThat(table.size()).isEqualTo(limits.implicitSessions()));
    assertThat(table.byId(asked.get(0))).isEmpty();
    assertThat(engine.kvTokens(asked.get(0))).isZero();
    assertThat(events)
        .filteredOn(Event.SessionDestroyed.class::isInstance)
        .extracting(event -> ((Event.SessionDestroyed) event).receipt().reason())
        .containsOnly(DestructionReason.PRESSURE);
  }

  @Test
  void aCompletionLeavesNoSessionBehind() {
    Heard heard = hear(request(A, new Input.Completion("once upon")));

    assertThat(heard.end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(engine.requests().getFirst().prompt()).isEqualTo(new Prompt.Text("once upon"));
    assertThat(engine.requests().getFirst().retain()).isFalse();
    await().untilAsserted(() -> assertThat(table.size()).isZero());
  }

  // --- explicit sessions -----------------------------------------------------------------------

  @Test
  void aSessionRemembersAndItsTurnsAreDurableBeforeTheyAreAcknowledged() {
    SessionToken token = create(A, system("be brief"));
    engine.next(Script.says("hi"));
    Heard first = hear(request(A, continuation(token, "hello", null)));
    assertThat(store.turns(first.session()))
        .extracting(TurnRecord::answer)
        .containsExactly("", "hi");
    Heard second = hear(request(A, continuation(token, "more", null)));

    assertThat(engine.requests().get(1).prompt())
        .isEqualTo(
            new Prompt.Chat(
                List.of(system("be brief"), user("hello"), assistant("hi"), user("more"))));
    assertThat(second.prompt().cachedTokens()).isPositive();
  }

  @Test
  void aTurnIsNotAcknowledgedWhenItCannotBeStored() {
    SessionToken token = create(A);
    store.failNext(InMemorySessionStore.Call.APPEND);
    Heard heard = hear(request(A, continuation(token, "hello", null)));

    assertThat(heard.failure().kind()).isEqualTo(Kind.STORE_FAILED);
    assertThat(store.history(heard.session())).isEmpty();
    assertThat(hear(request(A, continuation(token, "again", null))).end())
        .isInstanceOf(TurnEnd.Completed.class);
  }

  @Test
  void aFailedTurnIsRecordedAndNotPartOfTheHistory() {
    SessionToken token = create(A);
    engine.next(Script.says("ha").thenDies(EngineFault.Kind.INTERNAL, "it broke"));
    Heard failed = hear(request(A, continuation(token, "one", null)));
    assertThat(failed.failure().kind()).isEqualTo(Kind.ENGINE_FAILED);
    hear(request(A, continuation(token, "two", null)));

    assertThat(store.turns(failed.session()))
        .extracting(TurnRecord::status)
        .containsExactly(TurnRecord.Status.FAILED, TurnRecord.Status.COMPLETED);
    assertThat(engine.requests().getLast().prompt())
        .isEqualTo(new Prompt.Chat(List.of(user("two"))));
    assertThat(events).contains(new Event.LeaseEnded(failed.session(), LeaseEnd.FAILURE));
  }

  @Test
  void aPromptThatIsTooLongIsRefusedAndLeavesNoTrace() {
    SessionToken token = create(A);
    Heard heard = hear(request(A, continuation(token, "word ".repeat(2_000), null)));

    assertThat(heard.refusal().kind()).isEqualTo(Kind.CONTEXT_EXCEEDED);
    assertThat(heard.refusal().param()).isEqualTo("messages");
    assertThat(sessions.list(A)).singleElement().matches(session -> session.turns() == 0);
  }

  @Test
  void aRetriedTurnIsAnsweredFromTheRecordAndAppendedOnce() {
    SessionToken token = create(A);
    engine.next(Script.says("only", " once"));
    Heard first = hear(request(A, continuation(token, "hello", new RetryKey("k1"))));
    Heard retry = hear(request(A, continuation(token, "hello", new RetryKey("k1"))));

    assertThat(retry.text()).isEqualTo(first.text()).isEqualTo("only once");
    assertThat(((TurnEnd.Completed) retry.end()).replayed()).isTrue();
    assertThat(engine.requests()).hasSize(1);
    assertThat(store.turns(first.session())).hasSize(1);
    assertThat(turnsWatched(first.session())).as("said once").isEqualTo(1);
  }

  private int turnsWatched(SessionId session) {
    return table.byId(session).orElseThrow().activity().covariates(nanos.get()).turns();
  }

  @Test
  void whatUsersSayTellsHowActiveTheirSessionIs() {
    engine.next(Script.says("ok"));
    ask(A, user("how do I bake bread"));
    Heard second =
        ask(A, user("how do I bake bread"), assistant("ok"), user("bake bread how long"));
    activity.measureTopics();
    SessionActivity session = table.byId(second.session()).orElseThrow().activity();

    assertThat(activity.score(session).density()).isEqualTo(0.5);
    assertThat(activity.score(session).topicMeasure()).isEqualTo(TopicMeasure.LEXICAL);
    assertThat(activity.score(session).topicContinuity()).isGreaterThan(0.5);
  }

  @Test
  void aKeyMadeOfTheWordsIsLookedForInTheLastTurnOnly() {
    SessionToken token = create(A);
    RetryKey words = new RetryKey("body-sha256:yes");
    hear(request(A, spoken(token, words, Replay.NEVER)));
    assertThat(replayed(hear(request(A, spoken(token, words, Replay.LAST_TURN))))).isTrue();
    hear(request(A, continuation(token, "something else", null)));

    assertThat(replayed(hear(request(A, spoken(token, words, Replay.LAST_TURN)))))
        .as("the words were said again, and the first attempt to say so was lost")
        .isFalse();
    assertThat(engine.requests()).hasSize(3);
  }

  private static Input spoken(SessionToken token, RetryKey words, Replay replay) {
    return new Input.Continuation(token, List.of(user("yes")), words, replay);
  }

  private static boolean replayed(Heard heard) {
    return ((TurnEnd.Completed) heard.end()).replayed();
  }

  @Test
  void aRetryThatOvertakesTheFirstAttemptWaitsForIt() {
    SessionToken token = create(A);
    CountDownLatch gate = new CountDownLatch(1);
    engine.next(Script.says("slow").thenAwaits(gate));
    Heard first = new Heard();
    Heard retry = new Heard();
    gateway.submit(request(A, continuation(token, "hello", new RetryKey("k1"))), first);
    await().until(() -> engine.running() == 1);
    gateway.submit(request(A, continuation(token, "hello", new RetryKey("k1"))), retry);
    gate.countDown();

    assertThat(first.end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(((TurnEnd.Completed) retry.end()).replayed()).isTrue();
    assertThat(engine.requests()).hasSize(1);
  }

  @Test
  void turnsOfOneSessionWaitForEachOtherInABoundedLine() {
    SessionToken token = create(A);
    CountDownLatch gate = new CountDownLatch(1);
    engine.next(Script.says("one").thenAwaits(gate));
    Heard running = new Heard();
    Heard waiting = new Heard();
    gateway.submit(request(A, continuation(token, "1", null)), running);
    await().until(() -> engine.running() == 1);
    gateway.submit(request(A, continuation(token, "2", null)), waiting);
    Heard third = hear(request(A, continuation(token, "3", null)));

    assertThat(third.refusal().kind()).isEqualTo(Kind.SESSION_BUSY);
    assertThat(third.refusal().retryAfter()).isPositive();
    assertThat(engine.requests()).hasSize(1);
    gate.countDown();
    assertThat(running.end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(waiting.end()).isInstanceOf(TurnEnd.Completed.class);
  }

  @Test
  void whoeverLeavesWhileWaitingFreesItsPlace() {
    SessionToken token = create(A);
    CountDownLatch gate = new CountDownLatch(1);
    engine.next(Script.says("one").thenAwaits(gate));
    Heard running = new Heard();
    Heard leaving = new Heard();
    gateway.submit(request(A, continuation(token, "1", null)), running);
    await().until(() -> engine.running() == 1);
    TurnHandle handle = gateway.submit(request(A, continuation(token, "2", null)), leaving);

    handle.cancel();

    assertThat(leaving.end()).isInstanceOf(TurnEnd.Cancelled.class);
    assertThat(gateway.turnsInFlight()).isEqualTo(1);
    gate.countDown();
    assertThat(running.end()).isInstanceOf(TurnEnd.Completed.class);
  }

  @Test
  void aTokenOfAnotherTenantOrOfNobodyOpensNothing() {
    SessionToken token = create(A);

    assertThat(hear(request(B, continuation(token, "x", null))).refusal().kind())
        .isEqualTo(Kind.INVALID_SESSION_TOKEN);
    assertThat(
            hear(request(A, continuation(SessionToken.presented("hgs_guess"), "x", null)))
                .refusal()
                .kind())
        .isEqualTo(Kind.INVALID_SESSION_TOKEN);
    assertThat(engine.requests()).isEmpty();
  }

  @Test
  void aSessionOutlivesTheGateway() {
    SessionToken token = create(A);
    hear(request(A, continuation(token, "hello", null)));
    SessionTable restarted = new SessionTable(limits, new Random(9), clock, bus);
    new Sessions(restarted, limits, store, engines, destruction, new Random(1), clock).recover();

    assertThat(restarted.byToken(A, token))
        .hasValueSatisfying(session -> {
          assertThat(session.state()).isEqualTo(SessionState.IDLE);
          assertThat(session.nextTurn()).isEqualTo(2);
        });
  }

  // --- the end ---------------------------------------------------------------------------------

  @Test
  void destructionLeavesNothingAndProvesIt() {
    SessionToken token = create(A);
    Heard heard = hear(request(A, continuation(token, "hello", null)));
    assertThat(engine.kvTokens(heard.session())).isPositive();

    DestructionReceipt receipt = destroy(A, token, heard.session()).join();

    assertThat(receipt.reason()).isEqualTo(DestructionReason.CLOSED);
    assertThat(receipt.stages())
        .extracting(DestructionReceipt.StageResult::stage)
        .containsExactly(Stage.values());
    assertThat(receipt.stages())
        .extracting(DestructionReceipt.StageResult::outcome)
        .containsOnly(Outcome.APPLIED);
    assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
    assertThat(store.sessions()).isEmpty();
    assertThat(store.turns(heard.session())).isEmpty();
    assertThat(hear(request(A, continuation(token, "x", null))).refusal().kind())
        .isEqualTo(Kind.INVALID_SESSION_TOKEN);
    assertThat(sessions.receipt(A, heard.session()))
        .isInstanceOfSatisfying(
            Answer.Given.class,
            given -> assertThat(((CompletableFuture<?>) given.value()).join()).isEqualTo(receipt));
    assertThat(sessions.receipt(B, heard.session())).isInstanceOf(Answer.Refused.class);
  }

  @Test
  void destructionStopsARunningTurnAndRefusesTheWaiting() {
    SessionToken token = create(A);
    engine.next(Script.says("a").thenAwaits(new CountDownLatch(1)));
    Heard running = new Heard();
    Heard waiting = new Heard();
    gateway.submit(request(A, continuation(token, "1", null)), running);
    await().until(() -> running.text().equals("a"));
    gateway.submit(request(A, continuation(token, "2", null)), waiting);

    DestructionReceipt receipt = destroy(A, token, running.session()).join();

    assertThat(waiting.refusal().kind()).isEqualTo(Kind.SESSION_ENDED);
    assertThat(running.failure().kind()).isEqualTo(Kind.SESSION_ENDED);
    assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
    assertThat(engine.kvTokens(running.session())).isZero();
  }

  @Test
  void destroyedTwiceIsDestroyedOnce() {
    SessionToken token = create(A);
    Heard heard = hear(request(A, continuation(token, "hello", null)));
    CompletableFuture<Void> gate = new CompletableFuture<>();
    engine.stallReleases(gate);
    CompletableFuture<DestructionReceipt> one = destroy(A, null, heard.session());
    CompletableFuture<DestructionReceipt> two = destroy(A, null, heard.session());
    gate.complete(null);

    assertThat(one.join()).isEqualTo(two.join());
    assertThat(events).filteredOn(Event.SessionDestroyed.class::isInstance).hasSize(1);
    assertThat(destroy(A, null, heard.session()).join()).isEqualTo(one.join());
  }

  @Test
  void aTranscriptThatCannotBeErasedIsToldAndFinishedAtTheNextStart() {
    SessionToken token = create(A);
    Heard heard = hear(request(A, continuation(token, "secret", null)));
    for (int tries = 0; tries < Destruction.Settings.DEFAULTS.tries(); tries++) {
      store.failNext(InMemorySessionStore.Call.ERASE_TRANSCRIPT);
    }

    DestructionReceipt receipt = destroy(A, token, heard.session()).join();

    assertThat(receipt.stages())
        .filteredOn(result -> result.stage() == Stage.TRANSCRIPT)
        .extracting(DestructionReceipt.StageResult::outcome)
        .containsExactly(Outcome.FAILED);
    assertThat(store.sessions()).singleElement().matches(stored -> stored.terminating());
    sessions.recover();
    await().untilAsserted(() -> assertThat(store.sessions()).isEmpty());
    assertThat(store.turns(heard.session())).isEmpty();
  }

  @Test
  void theSweepEndsExpiredSessionsAndReleasesOrphans() {
    SessionToken token = create(A);
    Heard heard = hear(request(A, continuation(token, "hello", null)));
    Heard orphaned = ask(A, user("whose"));
    table.remove(table.byId(orphaned.session()).orElseThrow());
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(30)));

    var _ = new Sweep(table, engines, destruction, clock, bus).run();

    await().untilAsserted(() -> assertThat(table.size()).isZero());
    assertThat(engine.kvTokens(heard.session())).isZero();
    assertThat(engine.kvTokens(orphaned.session())).isZero();
    assertThat(events).contains(new Event.OrphanReleased(orphaned.session()));
  }

  @Test
  void anExpiredTokenOpensNothingAlsoBeforeTheSweep() {
    SessionToken token = create(A);
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(30)));

    assertThat(hear(request(A, continuation(token, "x", null))).refusal().kind())
        .isEqualTo(Kind.INVALID_SESSION_TOKEN);
    await().untilAsserted(() -> assertThat(store.sessions()).isEmpty());
  }

  // --- bounds ----------------------------------------------------------------------------------

  @Test
  void oneTurnMoreThanTheHouseHoldsIsRefused() {
    CountDownLatch gate = new CountDownLatch(1);
    List<Heard> inside = new ArrayList<>();
    for (int i = 0; i < TURN_LIMIT; i++) {
      engine.next(Script.says("x").thenAwaits(gate));
      Heard heard = new Heard();
      gateway.submit(request(A, conversation(user("q" + i))), heard);
      inside.add(heard);
    }

    Heard refused = ask(A, user("one more"));

    assertThat(refused.refusal().kind()).isEqualTo(Kind.OVERLOADED);
    gate.countDown();
    assertThat(inside).allSatisfy(heard -> assertThat(heard.end()).isNotNull());
  }

  @Test
  void sessionsBeyondTheLimitAreRefusedAndNothingIsStored() {
    for (int i = 0; i < limits.explicitSessions(); i++) {
      create(A);
    }

    assertThat(sessions.create(A, new Sessions.NewSession(null, null, Map.of(), List.of())))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.SESSION_LIMIT));
    assertThat(store.sessions()).hasSize(limits.explicitSessions());
  }

  @Test
  void aModelMayBeLeftOutNamedOrNamedByAliasAndNothingElse() {
    assertThat(hear(named(null)).end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(hear(named("tiny")).end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(hear(named("alias")).end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(hear(named("huge")).refusal().message())
        .isEqualTo("model: huge (expected: one that /v1/models lists)");
  }

  @Test
  void aModelIsKeptUnderTheHousesOwnName() {
    String read = String.copyValueOf("tiny".toCharArray());

    assertThat(engines.resolve(read).orElseThrow()).isSameAs(engine.info().model());
  }

  @Test
  void aModelThatIsGoneTakesNoNewTurnsAndItsSessionsCanStillEnd() {
    SessionToken token = create(A);
    Heard before = hear(request(A, continuation(token, "hello", null)));
    ScriptedEngine other = new ScriptedEngine("other", 1_000, table);

    engines.serve(List.of(other), Map.of("alias", "other"));

    assertThat(engines.resolve("tiny")).isEmpty();
    assertThat(engines.resolve(null)).contains("other");
    assertThat(engines.resolve("alias")).contains("other");
    assertThat(engines.served()).containsExactly(other);
    assertThat(engines.engines()).containsExactly(other, engine);
    assertThat(hear(request(A, continuation(token, "more", null))).refusal().kind())
        .isEqualTo(Kind.MODEL_NOT_FOUND);
    assertThat(engine.kvTokens(before.session())).isPositive();

    assertThat(destroy(A, token, before.session()).join().residue())
        .isEqualTo(new Residue.Counted(0));
    assertThat(engine.kvTokens(before.session())).isZero();
    engines.serve(List.of(engine), Map.of());
    assertThat(engines.resolve(null)).contains("tiny");
    assertThat(engines.resolve("alias")).isEmpty();
  }

  @Test
  void aDrainingGatewayLetsTurnsFinishAndAcceptsNoMore() throws InterruptedException {
    CountDownLatch gate = new CountDownLatch(1);
    engine.next(Script.says("a").thenAwaits(gate).thenSays("b"));
    Heard running = new Heard();
    gateway.submit(request(A, conversation(user("x"))), running);
    await().until(() -> running.text().equals("a"));
    CompletableFuture<Void> drained =
        CompletableFuture.runAsync(() -> drain(Duration.ofSeconds(30)), blocking);
    await().until(() -> ask(A, user("late")).told() instanceof Refusal);
    gate.countDown();
    drained.join();

    assertThat(running.end()).isInstanceOf(TurnEnd.Completed.class);
    assertThat(running.text()).isEqualTo("ab");
  }

  @Test
  void whatDoesNotFinishBeforeTheDeadlineIsCutAndRecorded() {
    SessionToken token = create(A);
    engine.next(Script.says("a").thenAwaits(new CountDownLatch(1)));
    Heard running = new Heard();
    gateway.submit(request(A, continuation(token, "x", null)), running);
    await().until(() -> running.text().equals("a"));

    drain(Duration.ofMillis(1));

    assertThat(running.failure().kind()).isEqualTo(Kind.STOPPING);
    assertThat(store.turns(running.session()))
        .extracting(TurnRecord::status)
        .containsExactly(TurnRecord.Status.CANCELLED);
  }

  private void drain(Duration deadline) {
    try {
      gateway.drain(deadline);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  // --- who speaks ------------------------------------------------------------------------------

  private SessionToken create(TenantId tenant, ChatMessage... messages) {
    return switch (sessions.create(
        tenant, new Sessions.NewSession(null, null, Map.of(), List.of(messages)))) {
      case Answer.Given<Sessions.Created>(var created) -> created.token();
      case Answer.Refused<Sessions.Created>(var refusal) ->
          throw new AssertionError(refusal.message());
    };
  }

  private CompletableFuture<DestructionReceipt> destroy(
      TenantId tenant, @Nullable SessionToken token, SessionId session) {
    return switch (sessions.destroy(new Sessions.Caller(tenant, token), session)) {
      case Answer.Given<CompletableFuture<DestructionReceipt>>(var receipt) -> receipt;
      case Answer.Refused<CompletableFuture<DestructionReceipt>>(var refusal) ->
          throw new AssertionError(refusal.message());
    };
  }

  private static ChatMessage user(String text) {
    return new ChatMessage(ChatRole.USER, text);
  }

  private static ChatMessage assistant(String text) {
    return new ChatMessage(ChatRole.ASSISTANT, text);
  }

  private static ChatMessage system(String text) {
    return new ChatMessage(ChatRole.SYSTEM, text);
  }

  private static Input conversation(ChatMessage... messages) {
    return new Input.Conversation(List.of(messages));
  }

  private static Input continuation(SessionToken token, String text, @Nullable RetryKey key) {
    return new Input.Continuation(token, List.of(user(text)), key, Replay.ANY_TURN);
  }

  private static TurnRequest request(TenantId tenant, Input input) {
    return new TurnRequest(tenant, input, null, Sampling.DEFAULTS, null);
  }

  private static TurnRequest named(@Nullable String model) {
    return new TurnRequest(A, conversation(user("hello")), model, Sampling.DEFAULTS, null);
  }

  private Heard ask(TenantId tenant, ChatMessage... messages) {
    return hear(request(tenant, conversation(messages)));
  }

  private Heard hear(TurnRequest request) {
    Heard heard = new Heard();
    gateway.submit(request, heard);
    heard.told();
    return heard;
  }

  /** What a client of one turn heard. */
  private static final class Heard implements TurnListener {
    private final CompletableFuture<Object> last = new CompletableFuture<>();
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private volatile @Nullable SessionId session;
    private volatile @Nullable PromptUsage prompt;

    @Override
    public void refused(Refusal refusal) {
      assertThat(last.complete(refusal)).as("told once").isTrue();
    }

    @Override
    public void started(SessionId id, String model, PromptUsage usage) {
      session = id;
      prompt = usage;
    }

    @Override
    public void text(TextDelta delta) {
      texts.add(delta.text());
    }

    @Override
    public void ended(TurnEnd end) {
      assertThat(last.complete(end)).as("told once").isTrue();
    }

    Object told() {
      return last.orTimeout(20, TimeUnit.SECONDS).join();
    }

    TurnEnd end() {
      return (TurnEnd) told();
    }

    Refusal refusal() {
      return (Refusal) told();
    }

    Refusal failure() {
      return ((TurnEnd.Failed) told()).reason();
    }

    String text() {
      return String.join("", texts);
    }

    SessionId session() {
      return Objects.requireNonNull(session, "the turn never started");
    }

    PromptUsage prompt() {
      return Objects.requireNonNull(prompt, "the turn never started");
    }
  }
}
