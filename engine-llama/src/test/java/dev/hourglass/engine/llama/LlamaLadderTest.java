package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.residency.BreakEven;
import dev.hourglass.core.residency.ColdStore;
import dev.hourglass.core.residency.ColdStoreException;
import dev.hourglass.core.residency.LadderLimits;
import dev.hourglass.core.residency.LadderStats;
import dev.hourglass.core.residency.LadderedEngine;
import dev.hourglass.core.residency.SnapshotLadder;
import dev.hourglass.core.retention.KeepingOrder;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.gguf.TinyModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An engine with room for one session, and tiers below it. */
class LlamaLadderTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final SessionId ONE = SessionId.random(new Random(1));
  private static final SessionId TWO = SessionId.random(new Random(2));
  private static final List<ChatMessage> QUESTION =
      List.of(new ChatMessage(ChatRole.USER, "tell me of the sea".repeat(8)));
  private static final long PLENTY = 64 << 20;

  private final ExecutorService lane = Executors.newSingleThreadExecutor();
  private final ColdMemory disk = new ColdMemory();
  private SnapshotLadder ladder = ladder(0, 0);
  private LadderedEngine engine = open();

  @AfterEach
  void nothingIsLeft() {
    engine.close();
    assertThat(ladder.stats().warmBytes()).isZero();
    assertThat(disk.files).isEmpty();
    lane.close();
  }

  @Test
  void aSessionThatWasWarmGoesOnAsIfItHadNeverLeft() {
    reopen(PLENTY, 0);
    Turns never = turnsUndisturbed();
    Turns demoted = turnsWithAGuestBetween();

    assertThat(demoted).isEqualTo(never);
    assertThat(stats().promotionsFromWarm()).isEqualTo(1);
    assertThat(stats().refused()).isZero();
  }

  @Test
  void aSessionThatWasColdGoesOnAsIfItHadNeverLeft() {
    reopen(barelyOneSnapshot(), PLENTY);
    Turns never = turnsUndisturbed();
    Turns demoted = turnsWithAGuestBetween();

    assertThat(demoted).isEqualTo(never);
    assertThat(stats().promotionsFromCold()).isEqualTo(1);
  }

  @Test
  void aSnapshotThatDoesNotOpenIsRefusedAndTheSessionIsComputedAgain() {
    for (Damage damage : List.of(Damage.UNREADABLE, Damage.CHANGED, Damage.CUT_OFF)) {
      reopen(barelyOneSnapshot(), PLENTY);
      Turns computedAgain = turnsWithAReleaseBetween();
      disk.damage = damage;
      Turns demoted = turnsWithAGuestBetween();
      disk.damage = Damage.NONE;

      assertThat(demoted).as("%s", damage).isEqualTo(computedAgain);
      assertThat(stats().refused()).as("%s", damage).isEqualTo(1);
    }
  }

  @Test
  void anotherTenantsSnapshotIsRefused() {
    reopen(PLENTY, 0);
    ask(ONE, ACME, QUESTION);
    ask(TWO, ACME, QUESTION);
    RecordingSink other = ask(ONE, OTHER, QUESTION);

    assertThat(other.awaitFinished().usage().prompt().cachedTokens()).isZero();
    assertThat(stats().refused()).isEqualTo(1);
  }

  @Test
  void aReleasedSessionIsGoneFromEveryTier() {
    for (long warm : List.of(PLENTY, barelyOneSnapshot())) {
      reopen(warm, PLENTY);
      ask(ONE, ACME, QUESTION);
      ask(TWO, ACME, QUESTION);
      settle();
      assertThat(residue(ONE)).isPositive();

      await(engine.release(ONE));

      assertThat(residue(ONE)).isZero();
      assertThat(stats().warmBytes()).isZero();
      assertThat(stats().coldBytes()).isZero();
      assertThat(disk.files).isEmpty();
    }
  }

  @Test
  void aBudgetSmallerThanOneSessionKeepsNothingAndHarmsNobody() {
    reopen(1, PLENTY);
    Turns computedAgain = turnsWithAReleaseBetween();
    Turns demoted = turnsWithAGuestBetween();

    assertThat(demoted).isEqualTo(computedAgain);
    assertThat(stats().dropped()).isPositive();
    assertThat(stats().warmBytes()).isZero();
  }

  /** Each is less than three quarters of the memory, and two are more than all of it. */
  @Test
  void whereMemoryHasNoSecondPlaceTheDiskTakesOverInTime() {
    reopen(barelyOneSnapshot() * 6 / 5, PLENTY);
    for (int number = 1; number <= 5; number++) {
      ask(SessionId.random(new Random(number)), new TenantId("tenant-" + number), QUESTION);
      settle();
    }

    assertThat(stats().demotionsToCold()).isEqualTo(4);
    assertThat(stats().dropped()).isZero();
  }

  @Test
  void aDiskThatIsFullLeavesTheSnapshotInMemory() {
    reopen(barelyOneSnapshot(), PLENTY);
    Turns never = turnsUndisturbed();
    disk.full = true;
    Turns demoted = turnsWithAGuestBetween();

    assertThat(demoted).isEqualTo(never);
    assertThat(stats().coldFailures()).isEqualTo(1);
    assertThat(stats().promotionsFromWarm()).isEqualTo(1);
    assertThat(stats().coldBytes()).isZero();
  }

  @Test
  void aTurnThatWaitsForAPlaceGetsItsStateBackWhenThereIsOne() throws Exception {
    for (long warm : List.of(PLENTY, barelyOneSnapshot())) {
      reopen(warm, PLENTY);
      Turns never = turnsUndisturbed();
      RecordingSink first = ask(ONE, ACME, QUESTION);
      Held guest = new Held();
      Generation busy = engine.generate(longRequest(), guest);
      guest.speaks.await();
      lane.submit(() -> {}).get(10, TimeUnit.SECONDS);

      RecordingSink second = start(ONE, ACME, followUp(first));
      lane.submit(() -> {}).get(10, TimeUnit.SECONDS);
      guest.goOn.countDown();
      await(engine.occupancy());
      busy.cancel();

      assertThat(turns(second)).isEqualTo(never);
      assertThat(stats().refused()).isZero();
      assertThat(stats().promotionsFromWarm() + stats().promotionsFromCold()).isEqualTo(1);
    }
  }

  @Test
  void aTurnThatIsGivenUpWhileItWaitsLeavesItsStateOnTheLadder() throws Exception {
    for (long warm : List.of(PLENTY, barelyOneSnapshot())) {
      reopen(warm, PLENTY);
      Turns never = turnsUndisturbed();
      RecordingSink first = ask(ONE, ACME, QUESTION);
      Held guest = new Held();
      Generation busy = engine.generate(longRequest(), guest);
      guest.speaks.await();
      lane.submit(() -> {}).get(10, TimeUnit.SECONDS);

      RecordingSink impatient = new RecordingSink();
      Generation given =
          engine.generate(
              new GenerationRequest(
                  ONE, ACME, new Prompt.Chat(followUp(first)), Sampling.GREEDY, 10, true),
              impatient);
      lane.submit(() -> {}).get(10, TimeUnit.SECONDS);
      given.cancel();
      guest.goOn.countDown();
      assertThat(impatient.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
      assertThat(stats().warmSessions() + stats().coldSessions()).isEqualTo(1);
      busy.cancel();

      assertThat(turns(start(ONE, ACME, followUp(first)))).isEqualTo(never);
      await(engine.release(ONE));
      settle();
      assertThat(residue(ONE)).isZero();
    }
  }

  private static GenerationRequest longRequest() {
    return new GenerationRequest(
        TWO, OTHER, new Prompt.Chat(QUESTION), Sampling.GREEDY, 100_000, true);
  }

  /** Holds the engine's thread at the first text, until it may go on. */
  private static final class Held implements GenerationSink {
    private final CountDownLatch speaks = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public void started(PromptUsage usage) {}

    @Override
    public void text(TextDelta delta) {
      speaks.countDown();
      try {
        assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void ended(GenerationEnd end) {}
  }

  @Test
  void anIdleSessionIsLetGoUnaskedAndABusyOneIsNot() throws Exception {
    reopen(PLENTY, 0);
    Turns never = turnsUndisturbed();
    RecordingSink first = ask(ONE, ACME, QUESTION);
    int held = first.awaitFinished().usage().kvTokens();

    assertThat(await(engine.makeRoom(ONE))).isEqualTo(new KvOutcome.Applied(held));
    assertThat(await(engine.makeRoom(ONE))).isEqualTo(new KvOutcome.Applied(0));
    assertThat(stats().warmSessions()).isEqualTo(1);
    assertThat(turns(start(ONE, ACME, followUp(first)))).isEqualTo(never);

    Held guest = new Held();
    Generation busy = engine.generate(longRequest(), guest);
    guest.speaks.await();
    CompletionStage<KvOutcome> refused = engine.makeRoom(TWO);
    guest.goOn.countDown();
    assertThat(await(refused)).isEqualTo(new KvOutcome.Applied(0));
    busy.cancel();
  }

  @Test
  void releasesInTheMiddleOfMovesLeaveNothing() {
    reopen(barelyOneSnapshot(), PLENTY);
    List<CompletionStage<?>> releases = new ArrayList<>();
    for (int round = 0; round < 20; round++) {
      SessionId session = SessionId.random(new Random(100 + round));
      RecordingSink sink = start(session, ACME, QUESTION);
      sink.awaitFinished();
      start(ONE, ACME, QUESTION).awaitFinished();
      RecordingSink back = start(session, ACME, QUESTION);
      releases.add(engine.release(session));
      back.awaitEnd();
    }
    releases.forEach(release -> await(release));
    await(engine.release(ONE));
    settle();

    assertThat(stats().warmBytes()).isZero();
    assertThat(stats().coldBytes()).isZero();
    assertThat(disk.files).isEmpty();
  }

  /** What a second turn said, and how much of it was there. */
  private record Turns(String text, int cachedTokens) {}

  private Turns turnsUndisturbed() {
    RecordingSink first = ask(ONE, ACME, QUESTION);
    Turns turns = secondTurn(first);
    await(engine.release(ONE));
    return turns;
  }

  private Turns turnsWithAReleaseBetween() {
    RecordingSink first = ask(ONE, ACME, QUESTION);
    await(engine.release(ONE));
    Turns turns = secondTurn(first);
    await(engine.release(ONE));
    return turns;
  }

  private Turns turnsWithAGuestBetween() {
    RecordingSink first = ask(ONE, ACME, QUESTION);
    // Of another tenant, so that no beginning is shared.
    ask(TWO, OTHER, QUESTION);
    settle();
    return secondTurn(first);
  }

  private Turns secondTurn(RecordingSink first) {
    return turns(ask(ONE, ACME, followUp(first)));
  }

  private static List<ChatMessage> followUp(RecordingSink first) {
    List<ChatMessage> messages = new ArrayList<>(QUESTION);
    messages.add(new ChatMessage(ChatRole.ASSISTANT, first.text()));
    messages.add(new ChatMessage(ChatRole.USER, "and then?"));
    return messages;
  }

  private static Turns turns(RecordingSink second) {
    int cachedTokens = second.awaitFinished().usage().prompt().cachedTokens();
    return new Turns(second.text(), cachedTokens);
  }

  private long barelyOneSnapshot() {
    reopen(0, 0);
    ask(ONE, ACME, QUESTION);
    try (KvSnapshot snapshot = ((SnapshotOutcome.Taken) await(engine.snapshot(ONE))).snapshot()) {
      return snapshot.bytes().byteSize() * 5 / 4;
    }
  }

  private void reopen(long warmBytes, long coldBytes) {
    engine.close();
    disk.full = false;
    ladder = ladder(warmBytes, coldBytes);
    engine = open();
  }

  private SnapshotLadder ladder(long warmBytes, long coldBytes) {
    return new SnapshotLadder(
        new LadderLimits(warmBytes, coldBytes),
        disk,
        lane,
        (session, kvTokens) -> {},
        KeepingOrder.INDIFFERENT,
        new BreakEven(),
        System::nanoTime,
        new Random(7));
  }

  private LadderedEngine open() {
    LlamaOpening opening =
        LlamaEngine.open(
            LlamaEngines.settings(TinyModel.endless(1)).withMaxSequences(1),
            new LeastRecentlyUsed(),
            ladder,
            ladder,
            System::nanoTime,
            new Random(7));
    return switch (opening) {
      case LlamaOpening.Opened(LlamaEngine opened) ->
          new LadderedEngine(opened, ladder, System::nanoTime);
      case LlamaOpening.Unavailable(String reason) -> throw new AssertionError(reason);
    };
  }

  private RecordingSink ask(SessionId session, TenantId tenant, List<ChatMessage> messages) {
    RecordingSink sink = start(session, tenant, messages);
    sink.awaitFinished();
    return sink;
  }

  private RecordingSink start(SessionId session, TenantId tenant, List<ChatMessage> messages) {
    RecordingSink sink = new RecordingSink();
    engine.generate(
        new GenerationRequest(
            session, tenant, new Prompt.Chat(messages), Sampling.GREEDY, 10, true),
        sink);
    return sink;
  }

  private LadderStats stats() {
    return ladder.stats();
  }

  private int residue(SessionId session) {
    return ((Residue.Counted) await(engine.residue(session))).kvTokens();
  }

  /** Waits for what the engine and the lane were given before. */
  private void settle() {
    await(engine.occupancy());
    try {
      lane.submit(() -> {}).get(10, TimeUnit.SECONDS);
    } catch (Exception late) {
      throw new AssertionError(late);
    }
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** What can become of a file. */
  private enum Damage {
    NONE,
    UNREADABLE,
    CHANGED,
    CUT_OFF
  }

  /** A disk in memory that fails on command. */
  private static final class ColdMemory implements ColdStore {
    private final Map<Long, byte[]> files = new ConcurrentHashMap<>();
    private volatile boolean full;
    private volatile Damage damage = Damage.NONE;
    private long last;

    @Override
    public long write(Label label, MemorySegment bytes) throws ColdStoreException {
      if (full) {
        throw new ColdStoreException("no space left");
      }
      files.put(++last, bytes.toArray(ValueLayout.JAVA_BYTE));
      return last;
    }

    @Override
    public KvSnapshot read(long number, Label label) throws ColdStoreException {
      byte[] bytes = files.getOrDefault(number, new byte[0]);
      if (damage == Damage.UNREADABLE) {
        throw new ColdStoreException("unreadable");
      }
      if (damage == Damage.CHANGED) {
        bytes[bytes.length / 2] ^= 1;
      }
      int length = damage == Damage.CUT_OFF ? bytes.length / 2 : bytes.length;
      Arena arena = Arena.ofShared();
      MemorySegment segment = arena.allocate(length);
      MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, length);
      return new Read(arena, segment, label.fingerprint(), label.kvTokens());
    }

    @Override
    public void delete(long number) {
      files.remove(number);
    }

    @Override
    public void close() {
      files.clear();
    }
  }

  /** A snapshot read back. */
  private record Read(Arena arena, MemorySegment bytes, String fingerprint, int kvTokens)
      implements KvSnapshot {
    @Override
    public void close() {
      arena.close();
    }
  }
}
