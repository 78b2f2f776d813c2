package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineFault.Kind;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Placement;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EnginePoolTest {
  private final Map<SessionId, Integer> residency = new LinkedHashMap<>();
  private final HandEngine a = new HandEngine();
  private final HandEngine b = new HandEngine();
  private final HandEngine c = new HandEngine();
  private final EnginePool pool =
      new EnginePool(
          "model",
          EnginePool.Settings.DEFAULTS,
          residency::put,
          () -> this.nowNanos,
          new SplittableRandom(1),
          Runnable::run);
  private final SessionId session = session(1);
  private CompletionStage<Boolean> probeOfA = CompletableFuture.completedFuture(true);
  private long nowNanos = 1;

  /** Hears a generation. */
  static final class Ear implements GenerationSink {
    final List<Object> heard = new ArrayList<>();

    @Override
    public void placed(Placement placement) {
      heard.add(placement);
    }

    @Override
    public void started(PromptUsage usage) {
      heard.add("started");
    }

    @Override
    public void text(TextDelta delta) {
      heard.add(delta.text());
    }

    @Override
    public void ended(GenerationEnd end) {
      heard.add(end);
    }

    GenerationEnd end() {
      if (heard.getLast() instanceof GenerationEnd end) {
        return end;
      }
      throw new AssertionError("not ended: " + heard);
    }

    EngineFault fault() {
      if (end() instanceof GenerationEnd.Failed(EngineFault fault, _)) {
        return fault;
      }
      throw new AssertionError("not failed: " + heard);
    }
  }

  @BeforeEach
  void fill() {
    pool.add(new PoolMember(new EndpointId("a"), a, 1, 8, () -> probeOfA));
    pool.add(member("b", b));
    pool.add(member("c", c));
  }

  private static PoolMember member(String name, HandEngine engine) {
    return new PoolMember(
        new EndpointId(name), engine, 1, 8, () -> CompletableFuture.completedFuture(true));
  }

  @Test
  void tellsWhatItsEndpointsAreTogether() {
    assertThat(pool.info().model()).isEqualTo("model");
    assertThat(pool.info().contextTokens()).isEqualTo(4_096);
    assertThat(pool.info().kvCapacityTokens()).isEqualTo(30_000);
    assertThat(pool.info().maxSequences()).isEqualTo(24);
  }

  @Test
  void aSessionComesBackToItsEndpoint() {
    Ear first = new Ear();
    ask(session, first);
    answer(a.run());
    assertThat(first.heard)
        .startsWith(new Placement("a", false), "started", "Hello")
        .last()
        .isInstanceOf(GenerationEnd.Finished.class);
    for (int turn = 0; turn < 5; turn++) {
      ask(session, new Ear());
      answer(a.run());
    }
    assertThat(pool.home(session)).contains(new EndpointId("a"));
    assertThat(counts("a").completed()).isEqualTo(6);
  }

  @Test
  void aFailureBeforeTheFirstTokenIsTriedElsewhere() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().starts();
    a.run().fails(fault(Kind.BROKEN_OFF));
    assertThat(ear.heard).isEmpty();
    answer(b.run());
    assertThat(ear.heard).startsWith(new Placement("b", false), "started", "Hello").hasSize(4);
    assertThat(pool.totals().retriesPaid()).isEqualTo(1);
    assertThat(counts("a").failedBeforeText()).isEqualTo(1);
    assertThat(inFlight()).isZero();
  }

  @Test
  void aFailureAfterTheFirstTokenIsTheEnd() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().starts();
    a.run().says("Hel");
    a.run().fails(fault(Kind.STALLED));
    assertThat(ear.fault().kind()).isEqualTo(Kind.STALLED);
    assertThat(counts("a").failedPartway()).isEqualTo(1);
    assertThat(b.generations() + c.generations()).isZero();
  }

  @Test
  void theRequestsOwnFaultIsNotTriedElsewhere() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().fails(fault(Kind.PROMPT_TOO_LONG));
    assertThat(ear.fault().kind()).isEqualTo(Kind.PROMPT_TOO_LONG);
    assertThat(b.generations() + c.generations()).isZero();
    assertThat(pool.totals().retriesLeft()).isEqualTo(10);
  }

  @Test
  void whatNeverReachedAnEndpointIsTriedElsewhereForNothing() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().fails(fault(Kind.UNREACHABLE));
    b.run().fails(fault(Kind.UNREACHABLE));
    answer(c.run());
    assertThat(ear.end()).isInstanceOf(GenerationEnd.Finished.class);
    assertThat(pool.totals().retriesFree()).isEqualTo(2);
    assertThat(pool.totals().retriesLeft()).isEqualTo(10);
  }

  @Test
  void theLastFaultIsToldWhenNobodyIsLeft() {
    Ear ear = new Ear();
    ask(session, ear);
    for (HandEngine engine : List.of(a, b, c)) {
      engine.run().fails(fault(Kind.UNREACHABLE));
    }
    assertThat(ear.fault().kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(ear.heard).hasSize(1);
  }

  @Test
  void paidRetriesEndWithTheBudget() {
    List<Ear> ears = new ArrayList<>();
    for (int number = 0; number < 15; number++) {
      Ear ear = new Ear();
      ears.add(ear);
      ask(session(100 + number), ear);
      running().getFirst().fails(fault(Kind.STALLED));
      while (!running().isEmpty()) {
        answer(running().getFirst());
      }
    }
    long failed = ears.stream().filter(ear -> ear.end() instanceof GenerationEnd.Failed).count();
    // Ten to start with, and one that fifteen generations earned.
    assertThat(failed).isEqualTo(15 - 11);
    assertThat(pool.totals().retriesDenied()).isEqualTo(failed);
  }

  @Test
  void nothingIsTriedAgainAfterTheDeadline() {
    Ear ear = new Ear();
    ask(session, ear);
    pass(Duration.ofSeconds(61));
    a.run().fails(fault(Kind.UNREACHABLE));
    assertThat(ear.fault().kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(running()).isEmpty();
  }

  @Test
  void aPauseThatIsAskedForIsGranted() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().fails(new EngineFault(Kind.OVERLOADED, "too many", null, Duration.ofSeconds(7)));
    answer(b.run());
    assertThat(ear.end()).isInstanceOf(GenerationEnd.Finished.class);
    for (int number = 2; number < 6; number++) {
      ask(session(number), new Ear());
    }
    assertThat(a.running()).isEmpty();
    pass(Duration.ofSeconds(7));
    ask(session(9), new Ear());
    assertThat(a.running()).hasSize(1);
  }

  @Test
  void whenAllWantAPauseTheShortestIsTold() {
    List.of("b", "c").forEach(name -> pool.eject(new EndpointId(name)));
    Ear busy = new Ear();
    ask(session, busy);
    a.run().fails(new EngineFault(Kind.OVERLOADED, "too many", null, Duration.ofSeconds(7)));
    assertThat(busy.fault().retryAfter()).isEqualTo(Duration.ofSeconds(7));
    Ear late = new Ear();
    pass(Duration.ofSeconds(2));
    ask(session, late);
    assertThat(late.fault().kind()).isEqualTo(Kind.OVERLOADED);
    assertThat(late.fault().retryAfter()).isEqualTo(Duration.ofSeconds(5));
    assertThat(late.fault().message())
        .isEqualTo(
            "no endpoint of model can take this now: a asked for a pause, b ejected, c ejected");
  }

  @Test
  void aSessionWhoseEndpointIsOutGoesOnElsewhereAndSaysSo() {
    ask(session, new Ear());
    answer(a.run());
    pool.eject(new EndpointId("a"));
    Ear ear = new Ear();
    ask(session, ear);
    answer(b.run());
    assertThat(ear.heard).startsWith(new Placement("b", true));
    assertThat(pool.totals().sessionsMoved()).isEqualTo(1);
    // What it left behind is released.
    assertThat(join(a.residue(session))).isEqualTo(new Residue.Counted(0));
    assertThat(join(pool.residue(session))).isEqualTo(new Residue.Counted(110));
    pool.restore(new EndpointId("a"));
    Ear again = new Ear();
    ask(session, again);
    answer(b.run());
    assertThat(again.heard).startsWith(new Placement("b", false));
  }

  @Test
  void aReleaseReachesEveryEndpointThatHoldsSomething() {
    ask(session, new Ear());
    answer(a.run());
    a.releasesWith(new KvOutcome.Failed("gone"));
    pool.eject(new EndpointId("a"));
    ask(session, new Ear());
    answer(b.run());
    assertThat(join(pool.residue(session))).isEqualTo(new Residue.Counted(220));
    assertThat(join(pool.release(session))).isEqualTo(new KvOutcome.Failed("gone"));
    a.releasesWith(new KvOutcome.Applied(0));
    assertThat(join(pool.release(session))).isEqualTo(new KvOutcome.Applied(110));
    assertThat(join(pool.release(session))).isEqualTo(new KvOutcome.Applied(0));
    assertThat(pool.totals().sessionsKnown()).isZero();
    assertThat(join(pool.occupancy()).usedTokens()).isZero();
  }

  @Test
  void oneThatCannotReleaseIsSaidSo() {
    ask(session, new Ear());
    answer(a.run());
    a.releasesWith(new KvOutcome.Unsupported());
    assertThat(join(pool.release(session))).isEqualTo(new KvOutcome.Unsupported());
    assertThat(pool.totals().sessionsKnown()).isZero();
  }

  @Test
  void residencyIsWhatAllHoldTogether() {
    ask(session, new Ear());
    answer(a.run());
    pool.residencyOf(new EndpointId("a")).residencyChanged(session, 200);
    pool.residencyOf(new EndpointId("b")).residencyChanged(session, 50);
    assertThat(residency).containsEntry(session, 250);
    pool.residencyOf(new EndpointId("a")).residencyChanged(session, 0);
    assertThat(residency).containsEntry(session, 50);
  }

  @Test
  void aCancelReachesTheAttemptThatRunsAndIsNobodysFailure() {
    Ear ear = new Ear();
    Generation generation = ask(session, ear);
    a.run().fails(fault(Kind.UNREACHABLE));
    generation.cancel();
    assertThat(b.run().cancelled()).isTrue();
    b.run().fails(fault(Kind.STALLED));
    assertThat(ear.end()).isInstanceOf(GenerationEnd.Cancelled.class);
    assertThat(counts("b").dropped()).isEqualTo(1);
    assertThat(c.generations()).isZero();
  }

  @Test
  void threeMissedProbesIsolateAndTwoGoodOnesBringBack() {
    probeOfA = new CompletableFuture<>();
    for (int probe = 0; probe < 3; probe++) {
      tick();
      assertThat(status("a").state()).isEqualTo(EndpointState.SERVING);
    }
    tick();
    assertThat(status("a").state()).isEqualTo(EndpointState.ISOLATED);
    ask(session, new Ear());
    assertThat(a.running()).isEmpty();
    probeOfA = CompletableFuture.completedFuture(true);
    tick();
    assertThat(status("a").state()).isEqualTo(EndpointState.ISOLATED);
    tick();
    assertThat(status("a").state()).isEqualTo(EndpointState.RAMPING);
    for (int probe = 0; probe < 15; probe++) {
      tick();
    }
    assertThat(status("a").state()).isEqualTo(EndpointState.SERVING);
  }

  @Test
  void whereNobodyIsAvailableWhoeverAnswersProbesIsAsked() {
    List.of("b", "c").forEach(name -> pool.eject(new EndpointId(name)));
    for (int number = 0; number < 3; number++) {
      ask(session(100 + number), new Ear());
      a.run().fails(fault(Kind.BROKEN_OFF));
    }
    Ear refused = new Ear();
    ask(session, refused);
    assertThat(refused.fault().kind()).as("it failed just now").isEqualTo(Kind.OVERLOADED);
    assertThat(status("a").state()).isEqualTo(EndpointState.ISOLATED);

    tick();
    Ear served = new Ear();
    ask(session, served);
    answer(a.run());
    assertThat(served.end()).isInstanceOf(GenerationEnd.Finished.class);
    assertThat(status("a").state())
        .as("probes alone bring it back")
        .isEqualTo(EndpointState.ISOLATED);
  }

  @Test
  void neverMoreThanHalfOfAPoolIsTakenOut() {
    HandEngine d = new HandEngine();
    pool.add(member("d", d));
    for (int number = 0; number < 12; number++) {
      ask(session(number), new Ear());
      while (!running().isEmpty() || !d.running().isEmpty()) {
        (running().isEmpty() ? d.run() : running().getFirst()).fails(fault(Kind.UNREACHABLE));
      }
    }
    assertThat(pool.endpoints().stream().filter(it -> it.state() == EndpointState.ISOLATED))
        .hasSize(2);
  }

  @Test
  void aRemovedEndpointEndsItsStreamsFirst() {
    Ear ear = new Ear();
    ask(session, ear);
    a.run().starts();
    a.run().says("Hel");
    // What operators wanted before does not matter.
    pool.drain(new EndpointId("b"));
    pool.restore(new EndpointId("b"));
    pool.drain(new EndpointId("a"));
    CompletableFuture<Void> gone = pool.remove(new EndpointId("a")).toCompletableFuture();
    ask(session(2), new Ear());
    assertThat(a.running()).hasSize(1);
    assertThat(gone).isNotDone();
    a.run().says("lo");
    a.run().finishes();
    assertThat(ear.end()).isInstanceOf(GenerationEnd.Finished.class);
    assertThat(gone).isDone();
    assertThat(a.closed()).isTrue();
    assertThat(pool.endpoints()).extracting(it -> it.id().value()).containsExactly("b", "c");
    // Its state went with it.
    assertThat(join(pool.release(session))).isEqualTo(new KvOutcome.Applied(0));
    pool.add(member("a", new HandEngine()));
  }

  @Test
  void anEndpointJoinsWhileOthersServe() {
    HandEngine d = new HandEngine();
    for (int number = 0; number < 3; number++) {
      ask(session(number + 10), new Ear());
    }
    pool.add(member("d", d));
    ask(session, new Ear());
    assertThat(d.running()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pool.add(member("d", d)))
        .withMessage("endpoint: d (expected: one that is not in the pool)");
    assertThat(pool.drain(new EndpointId("nobody"))).isFalse();
  }

  @Test
  void anEngineThatThrowsIsAFailedAttempt() {
    a.breaksOff();
    Ear ear = new Ear();
    ask(session, ear);
    answer(b.run());
    assertThat(ear.end()).isInstanceOf(GenerationEnd.Finished.class);
    assertThat(counts("a").failedBeforeText()).isEqualTo(1);
  }

  @Test
  void aClosedPoolRefuses() {
    pool.close();
    assertThat(a.closed() && b.closed() && c.closed()).isTrue();
    Ear ear = new Ear();
    ask(session, ear);
    assertThat(ear.fault().kind()).isEqualTo(Kind.STOPPED);
  }

  private Generation ask(SessionId asking, GenerationSink sink) {
    return pool.generate(
        new GenerationRequest(
            asking,
            TenantId.DEFAULT,
            new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "Hello?"))),
            Sampling.DEFAULTS,
            null,
            true),
        sink);
  }

  private static void answer(HandEngine.Run run) {
    run.starts();
    run.says("Hello");
    run.finishes();
  }

  private List<HandEngine.Run> running() {
    List<HandEngine.Run> all = new ArrayList<>(a.running());
    all.addAll(b.running());
    all.addAll(c.running());
    return all;
  }

  private int inFlight() {
    return pool.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
  }

  private EndpointStatus.Counts counts(String name) {
    return status(name).counts();
  }

  private EndpointStatus status(String name) {
    return pool.endpoints().stream()
        .filter(it -> it.id().value().equals(name))
        .findAny()
        .orElseThrow();
  }

  private void tick() {
    pool.tick();
    pass(Duration.ofSeconds(2));
  }

  private void pass(Duration duration) {
    nowNanos += duration.toNanos();
  }

  private static EngineFault fault(Kind kind) {
    return new EngineFault(kind, "scripted");
  }

  private static SessionId session(int number) {
    return new SessionId("sess_%024d".formatted(number));
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
