package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many sessions in one cache: reuse, sharing, compression, pressure, snapshots. */
class LlamaSessionsTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");

  private LlamaEngine engine = LlamaEngines.open();
  private int sessions;

  @AfterEach
  void close() {
    engine.close();
  }

  private void reopen(LlamaSettings settings) {
    engine.close();
    engine = LlamaEngines.open(settings);
  }

  private static LlamaSettings settings() {
    return LlamaEngines.settings(TinyModel.endless(1));
  }

  @Test
  void aFollowUpComputesOnlyWhatIsNew() {
    SessionId session = newSession();
    List<ChatMessage> messages = chat("tell me of the sea");
    for (int turn = 0; turn < 6; turn++) {
      long before = engine.stats().prefillTokens();
      RecordingSink sink = start(session, ACME, messages, 10);
      GenerationEnd.Finished end = sink.awaitFinished();
      PromptUsage usage = end.usage().prompt();
      await(engine.occupancy());
      assertThat(engine.stats().prefillTokens() - before)
          .isEqualTo(usage.promptTokens() - usage.cachedTokens());
      if (turn > 0) {
        // What follows the part of the answer that is in the cells: at most the rest of the answer,
        // the turn's end, the question and the opening of the next answer.
        assertThat(usage.promptTokens() - usage.cachedTokens()).isLessThan(60);
      }
      messages = continued(messages, sink.text(), "and then?");
    }
  }

  @Test
  void anEditedHistoryReusesWhatIsStillTrue() {
    SessionId session = newSession();
    List<ChatMessage> messages = chat("a".repeat(100));
    RecordingSink first = start(session, ACME, messages, 10);
    first.awaitFinished();
    List<ChatMessage> edited = continued(messages, "something else entirely", "go on");
    PromptUsage usage = start(session, ACME, edited, 3).awaitFinished().usage().prompt();
    assertThat(usage.cachedTokens()).isBetween(100, usage.promptTokens() - 1);
    RecordingSink fresh = start(newSession(), OTHER, edited, 12);
    RecordingSink again = start(session, ACME, edited, 12);
    fresh.awaitFinished();
    again.awaitFinished();
    assertThat(again.text()).isEqualTo(fresh.text());
  }

  @Test
  void aPromptThatIsWhollyCachedStillGetsAnAnswer() {
    SessionId session = newSession();
    RecordingSink first = start(session, ACME, chat("hello"), 10);
    first.awaitFinished();
    RecordingSink again = start(session, ACME, chat("hello"), 10);
    PromptUsage usage = again.awaitFinished().usage().prompt();
    assertThat(usage.cachedTokens()).isEqualTo(usage.promptTokens() - 1);
    assertThat(again.text()).isEqualTo(first.text());
  }

  @Test
  void aSharedBeginningIsComputedOnceWithinATenant() {
    List<ChatMessage> one = instructed("b".repeat(200), "first question");
    List<ChatMessage> two = instructed("b".repeat(200), "another question");
    start(newSession(), ACME, one, 5).awaitFinished();
    KvOccupancy before = await(engine.occupancy());
    GenerationEnd.Finished end = start(newSession(), ACME, two, 5).awaitFinished();
    assertThat(end.usage().prompt().cachedTokens()).isGreaterThan(200);
    KvOccupancy after = await(engine.occupancy());
    assertThat(after.usedTokens() - before.usedTokens())
        .isEqualTo(end.usage().kvTokens() - end.usage().prompt().cachedTokens());
  }

  @Test
  void noBeginningIsSharedBetweenTenants() {
    List<ChatMessage> marked = instructed("c".repeat(200), "what is the secret?");
    start(newSession(), ACME, marked, 5).awaitFinished();
    PromptUsage usage = start(newSession(), OTHER, marked, 5).awaitFinished().usage().prompt();
    assertThat(usage.cachedTokens()).isZero();
  }

  @Test
  void aSharedBeginningOutlivesItsFirstOwner() {
    List<ChatMessage> one = instructed("d".repeat(200), "first question");
    List<ChatMessage> two = instructed("d".repeat(200), "another question");
    SessionId first = newSession();
    SessionId second = newSession();
    start(first, ACME, one, 5).awaitFinished();
    RecordingSink sink = start(second, ACME, two, 12);
    sink.awaitFinished();
    int held = await(engine.occupancy()).sessions().getOrDefault(second, 0);
    await(engine.release(first));
    assertThat(residue(first)).isZero();
    assertThat(residue(second)).isEqualTo(held);
    RecordingSink alone = start(newSession(), OTHER, two, 12);
    alone.awaitFinished();
    assertThat(sink.text()).isEqualTo(alone.text());
  }

  @Test
  void aSessionOfSomebodyElseIsRefused() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    int held = residue(session);
    EngineFault fault = start(session, OTHER, chat("hello"), 5).awaitFailed().fault();
    assertThat(fault.kind()).isEqualTo(EngineFault.Kind.INVALID_PARAMETER);
    assertThat(residue(session)).isEqualTo(held);
  }

  @Test
  void aConversationThatOutgrowsTheContextLosesItsOldestTurns() {
    reopen(settings().withContextTokens(512).withKvTokens(2048));
    SessionId session = newSession();
    List<ChatMessage> messages = instructed("you are kind", "x".repeat(60));
    int left = 0;
    int bites = 0;
    int reused = 0;
    for (int turn = 0; turn < 24; turn++) {
      RecordingSink sink = start(session, ACME, messages, 20);
      PromptUsage usage = sink.awaitFinished().usage().prompt();
      assertThat(usage.promptTokens()).isLessThanOrEqualTo(512 - 20);
      assertThat(usage.compressedMessages()).isGreaterThanOrEqualTo(left);
      assertThat(usage.compressedMessages() % 2).isZero();
      assertThat(residue(session)).isEqualTo(sink.awaitFinished().usage().kvTokens());
      if (usage.compressedMessages() > left) {
        bites++;
        // What remains was moved up, not computed again.
        assertThat(usage.promptTokens() - usage.cachedTokens()).isLessThan(130);
        assertThat(usage.cachedTokens()).isGreaterThan(150);
        reused++;
      } else if (turn > 0) {
        assertThat(usage.promptTokens() - usage.cachedTokens()).isLessThan(130);
      }
      left = usage.compressedMessages();
      messages = continued(messages, sink.text(), "y".repeat(60));
    }
    assertThat(left).isPositive();
    assertThat(reused).isEqualTo(bites);
    assertThat(bites).isBetween(2, 12);
  }

  @Test
  void compressionDoesNotMoveCellsThatAnotherSessionShares() {
    reopen(settings().withContextTokens(512).withKvTokens(4096));
    List<ChatMessage> messages = instructed("you are kind", "x".repeat(100));
    SessionId session = newSession();
    List<ChatMessage> grown = messages;
    String last = "";
    for (int turn = 0; turn < 2; turn++) {
      RecordingSink sink = start(session, ACME, grown, 20);
      sink.awaitFinished();
      last = sink.text();
      grown = continued(grown, last, "y".repeat(100));
    }
    // A fork of the conversation shares all of it.
    SessionId fork = newSession();
    RecordingSink forked = start(fork, ACME, grown, 10);
    assertThat(forked.awaitFinished().usage().prompt().cachedTokens()).isGreaterThan(200);
    List<ChatMessage> longer = continued(grown, forked.text(), "z".repeat(200));
    PromptUsage compressed = start(fork, ACME, longer, 10).awaitFinished().usage().prompt();
    assertThat(compressed.compressedMessages()).isPositive();
    // The other session is untouched: its cells are where they were, and its text is the same.
    RecordingSink original = start(session, ACME, grown, 12);
    original.awaitFinished();
    RecordingSink fresh = start(newSession(), OTHER, grown, 12);
    fresh.awaitFinished();
    assertThat(original.text()).isEqualTo(fresh.text());
  }

  @Test
  void aMessageThatDoesNotFitIsTooLongHoweverMuchIsLeftOut() {
    reopen(settings().withContextTokens(256).withKvTokens(1024));
    List<ChatMessage> messages = continued(chat("hello"), "hi", "w".repeat(400));
    EngineFault fault = start(newSession(), ACME, messages, 5).awaitFailed().fault();
    assertThat(fault.kind()).isEqualTo(EngineFault.Kind.PROMPT_TOO_LONG);
    assertThat(fault.message()).contains("256 tokens of the context");
  }

  @Test
  void hundredsOfSessionsTakeTurnsOnFewSequences() {
    reopen(settings().withMaxSequences(4).withKvTokens(1024).withMaxQueue(400));
    Map<SessionId, RecordingSink> sinks = new java.util.LinkedHashMap<>();
    for (int index = 0; index < 300; index++) {
      SessionId session = newSession();
      sinks.put(session, start(session, ACME, chat("question " + index), 6));
    }
    sinks.values().forEach(sink -> assertThat(sink.awaitFinished()).isNotNull());
    KvOccupancy occupancy = await(engine.occupancy());
    assertThat(occupancy.sessions()).hasSizeLessThanOrEqualTo(4);
    for (SessionId session : sinks.keySet()) {
      int expected = occupancy.sessions().getOrDefault(session, 0);
      assertThat(residue(session)).isEqualTo(expected);
      await(engine.release(session));
      assertThat(residue(session)).isZero();
    }
    assertThat(await(engine.occupancy())).isEqualTo(new KvOccupancy(0, 1024, Map.of()));
  }

  @Test
  void theLongestIdleSessionIsReleasedFirst() {
    reopen(settings().withMaxSequences(2));
    SessionId first = newSession();
    SessionId second = newSession();
    start(first, ACME, chat("one"), 3).awaitFinished();
    start(second, ACME, chat("two"), 3).awaitFinished();
    start(first, ACME, chat("one"), 3).awaitFinished();
    start(newSession(), ACME, chat("three"), 3).awaitFinished();
    assertThat(residue(first)).isPositive();
    assertThat(residue(second)).isZero();
  }

  @Test
  void aFullQueueIsSaid() {
    reopen(settings().withMaxSequences(1).withMaxQueue(2));
    Generation running = startEndless(newSession());
    List<RecordingSink> sinks = new ArrayList<>();
    for (int index = 0; index < 10; index++) {
      sinks.add(start(newSession(), ACME, chat("more"), 2));
    }
    running.cancel();
    int overloaded = 0;
    for (RecordingSink sink : sinks) {
      if (sink.awaitEnd() instanceof GenerationEnd.Failed failed) {
        assertThat(failed.fault().kind()).isEqualTo(EngineFault.Kind.OVERLOADED);
        overloaded++;
      }
    }
    assertThat(overloaded).isEqualTo(8);
  }

  @Test
  void aLongPromptDoesNotHoldUpTheOthers() {
    LlamaSettings quick = settings();
    reopen(
        new LlamaSettings(
            quick.modelFile(),
            quick.modelName(),
            1024,
            8192,
            8,
            ComputeThreads.of(1),
            java.time.Duration.ofMillis(1),
            16,
            quick.cacheFolder()));
    RecordingSink running = new RecordingSink();
    Generation generation =
        engine.generate(request(newSession(), ACME, chat("hello"), 900), running);
    running.awaitFirstText();
    int before = running.deltas().size();
    RecordingSink late = start(newSession(), ACME, chat("long ".repeat(180)), 1);
    late.awaitFinished();
    // Some 900 prompt tokens came in many chunks, and each of these steps also served the other.
    assertThat(running.deltas().size() - before).isGreaterThan(3);
    generation.cancel();
    running.awaitEnd();
  }

  @Test
  void runningGenerationsThatOutgrowTheCacheTakeTurns() {
    reopen(settings().withContextTokens(512).withKvTokens(640));
    List<RecordingSink> sinks = new ArrayList<>();
    for (int index = 0; index < 4; index++) {
      sinks.add(start(newSession(), ACME, chat("question " + index), 300));
    }
    List<String> texts = new ArrayList<>();
    for (RecordingSink sink : sinks) {
      assertThat(sink.awaitFinished().usage().completionTokens()).isEqualTo(300);
      assertThat(sink.violations()).isEmpty();
      texts.add(sink.text());
    }
    await(engine.occupancy());
    assertThat(engine.stats().preemptions()).isPositive();
    reopen(settings());
    for (int index = 0; index < 4; index++) {
      RecordingSink alone = start(newSession(), ACME, chat("question " + index), 300);
      alone.awaitFinished();
      assertThat(texts.get(index)).isEqualTo(alone.text());
    }
  }

  @Test
  void aFollowUpThatHadToWaitForRoomStillUsesWhatItHas() {
    reopen(settings().withContextTokens(512).withKvTokens(640));
    SessionId session = newSession();
    RecordingSink first = start(session, ACME, chat("f".repeat(80)), 5);
    int held = first.awaitFinished().usage().kvTokens();
    RecordingSink other = new RecordingSink();
    engine.generate(request(newSession(), OTHER, chat("g".repeat(380)), 60), other);
    other.awaitStarted();
    List<ChatMessage> longer = continued(chat("f".repeat(80)), first.text(), "h".repeat(250));
    RecordingSink second = start(session, ACME, longer, 5);
    PromptUsage usage = second.awaitFinished().usage().prompt();
    assertThat(usage.cachedTokens()).isEqualTo(held);
    assertThat(other.isEnded()).isTrue();
    other.awaitFinished();
  }

  @Test
  void aSnapshotFindsRoomInAFragmentedCache() {
    reopen(settings().withContextTokens(512).withKvTokens(1024).withMaxSequences(16));
    SessionId large = newSession();
    start(large, ACME, chat("q".repeat(420)), 2).awaitFinished();
    try (KvSnapshot snapshot = taken(large)) {
      await(engine.release(large));
      List<SessionId> kept = fragment(16, 45);
      // 16 holes, none of them larger than 80, and behind them less than 420.
      assertThat(await(engine.restore(large, snapshot)))
          .isEqualTo(new KvOutcome.Applied(snapshot.kvTokens()));
      assertThat(residue(large)).isEqualTo(snapshot.kvTokens());
      kept.forEach(session -> assertThat(residue(session)).isPositive());
    }
  }

  @Test
  void aPromptFindsRoomInAFragmentedCache() {
    reopen(settings().withContextTokens(600).withKvTokens(1024).withMaxSequences(32));
    List<SessionId> kept = fragment(32, 8);
    RecordingSink large = start(newSession(), ACME, chat("q".repeat(480)), 20);
    assertThat(large.awaitFinished().usage().completionTokens()).isEqualTo(20);
    kept.forEach(session -> assertThat(residue(session)).isPositive());
    reopen(settings());
    RecordingSink alone = start(newSession(), ACME, chat("q".repeat(480)), 20);
    alone.awaitFinished();
    assertThat(large.text()).isEqualTo(alone.text());
  }

  /** Fills the cache with sessions of unlike tenants, and releases every other one. */
  private List<SessionId> fragment(int count, int characters) {
    List<SessionId> kept = new ArrayList<>();
    List<SessionId> released = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      SessionId session = newSession();
      (index % 2 == 0 ? released : kept).add(session);
      start(session, new TenantId("t" + index), chat("p".repeat(characters)), 2).awaitFinished();
    }
    released.forEach(session -> await(engine.release(session)));
    return kept;
  }

  @Test
  void aRestoreIntoAFullCacheReleasesIdleSessionsOrFails() {
    reopen(settings().withContextTokens(256).withKvTokens(256).withMaxSequences(4));
    SessionId session = newSession();
    RecordingSink first = start(session, ACME, chat("r".repeat(120)), 2);
    first.awaitFinished();
    try (KvSnapshot snapshot = taken(session)) {
      await(engine.release(session));
      SessionId idle = newSession();
      start(idle, OTHER, chat("s".repeat(120)), 2).awaitFinished();
      assertThat(await(engine.restore(session, snapshot)))
          .isEqualTo(new KvOutcome.Applied(snapshot.kvTokens()));
      assertThat(residue(idle)).isZero();
      await(engine.release(session));
      RecordingSink running = new RecordingSink();
      Generation generation =
          engine.generate(request(newSession(), OTHER, chat("s".repeat(150)), 70), running);
      running.awaitFirstText();
      KvOutcome outcome = await(engine.restore(session, snapshot));
      if (!running.isEnded()) {
        assertThat(outcome).isInstanceOf(KvOutcome.Failed.class);
        assertThat(residue(session)).isZero();
      }
      generation.cancel();
      running.awaitEnd();
    }
  }

  @Test
  void aRestoreCancelsWhatRuns() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    try (KvSnapshot snapshot = taken(session)) {
      RecordingSink running = new RecordingSink();
      engine.generate(request(session, ACME, chat("hello"), 900), running);
      running.awaitFirstText();
      assertThat(await(engine.restore(session, snapshot))).isInstanceOf(KvOutcome.Applied.class);
      assertThat(running.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
      assertThat(residue(session)).isEqualTo(snapshot.kvTokens());
    }
  }

  @Test
  void aRestoredSessionBelongsToItsTenant() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    try (KvSnapshot snapshot = taken(session)) {
      await(engine.release(session));
      SessionId elsewhere = newSession();
      await(engine.restore(elsewhere, snapshot));
      assertThat(start(elsewhere, OTHER, chat("hello"), 5).awaitFailed().fault().kind())
          .isEqualTo(EngineFault.Kind.INVALID_PARAMETER);
    }
  }

  @Test
  void aSnapshotTakenInMidGenerationIsWhole() {
    SessionId session = newSession();
    RecordingSink running = new RecordingSink();
    Generation generation = engine.generate(request(session, ACME, chat("hello"), 900), running);
    running.awaitFirstText();
    try (KvSnapshot snapshot = taken(session)) {
      generation.cancel();
      running.awaitEnd();
      assertThat(await(engine.restore(session, snapshot)))
          .isEqualTo(new KvOutcome.Applied(snapshot.kvTokens()));
      assertThat(start(session, ACME, chat("hello"), 5).awaitFinished().usage().completionTokens())
          .isEqualTo(5);
    }
  }

  @Test
  void damagedSnapshotsAreRefused() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    try (KvSnapshot snapshot = taken(session);
        Arena arena = Arena.ofShared()) {
      byte[] sound = snapshot.bytes().toArray(ValueLayout.JAVA_BYTE);
      Random random = new Random(5);
      for (int round = 0; round < 200; round++) {
        byte[] damaged = sound.clone();
        int place = round < 100 ? round * 3 : random.nextInt(damaged.length);
        damaged[place] ^= (byte) (1 + random.nextInt(255));
        assertFailed(session, damaged, arena);
      }
      for (int length = 0; length < sound.length; length += 1 + sound.length / 61) {
        assertFailed(session, java.util.Arrays.copyOf(sound, length), arena);
      }
      assertThat(residue(session)).isZero();
      assertThat(await(engine.restore(session, snapshot))).isInstanceOf(KvOutcome.Applied.class);
    }
  }

  @Test
  void forgedSnapshotsNeverReachNativeCode() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    try (KvSnapshot snapshot = taken(session);
        Arena arena = Arena.ofShared()) {
      byte[] sound = snapshot.bytes().toArray(ValueLayout.JAVA_BYTE);
      Random random = new Random(6);
      for (int round = 0; round < 400; round++) {
        byte[] forged = sound.clone();
        int place = 40 + random.nextInt(600);
        forged[place] ^= (byte) (1 + random.nextInt(255));
        java.util.zip.CRC32C checksum = new java.util.zip.CRC32C();
        checksum.update(forged, 0, forged.length - 4);
        java.nio.ByteBuffer.wrap(forged).putInt(forged.length - 4, (int) checksum.getValue());
        // A forged text or token may pass, since it is only unlike what was meant; a forged length
        // or position may not.
        await(engine.restore(session, new Bytes(arena, forged)));
        await(engine.release(session));
        assertThat(await(engine.occupancy()).usedTokens()).isZero();
      }
    }
  }

  @Test
  void snapshotsOfAnotherModelAndClosedOnesAreRefused() {
    SessionId session = newSession();
    start(session, ACME, chat("hello"), 5).awaitFinished();
    KvSnapshot snapshot = taken(session);
    try (LlamaEngine other = LlamaEngines.open(LlamaEngines.settings(TinyModel.endless(2)))) {
      assertThat(await(other.restore(session, snapshot)))
          .isEqualTo(new KvOutcome.Failed("snapshot: of another model or layout"));
    }
    snapshot.close();
    snapshot.close();
    assertThat(await(engine.restore(session, snapshot)))
        .isEqualTo(new KvOutcome.Failed("snapshot: closed"));
    assertThat(residue(session)).isZero();
  }

  @Test
  void aStormOfCancelsLeavesNothing() {
    reopen(settings().withMaxSequences(4).withKvTokens(1024).withMaxQueue(500));
    Random random = new Random(9);
    List<RecordingSink> sinks = new ArrayList<>();
    List<SessionId> used = new ArrayList<>();
    List<Generation> generations = new ArrayList<>();
    for (int index = 0; index < 200; index++) {
      SessionId session = newSession();
      RecordingSink sink = new RecordingSink();
      boolean retain = random.nextBoolean();
      generations.add(
          engine.generate(
              new GenerationRequest(
                  session,
                  ACME,
                  new Prompt.Chat(chat("storm " + "s".repeat(random.nextInt(200)))),
                  Sampling.DEFAULTS,
                  60,
                  retain),
              sink));
      sinks.add(sink);
      used.add(session);
      if (random.nextInt(3) > 0) {
        generations.get(random.nextInt(generations.size())).cancel();
      }
    }
    generations.forEach(Generation::cancel);
    for (RecordingSink sink : sinks) {
      sink.awaitEnd();
      assertThat(sink.violations()).isEmpty();
    }
    for (SessionId session : used) {
      await(engine.release(session));
      assertThat(residue(session)).isZero();
    }
    assertThat(await(engine.occupancy()).usedTokens()).isZero();
    assertThat(engine.stats().queuedGenerations()).isZero();
    assertThat(engine.stats().runningGenerations()).isZero();
  }

  @Test
  void twoGenerationsOfOneSessionFollowEachOther() {
    SessionId session = newSession();
    RecordingSink first = start(session, ACME, chat("hello"), 50);
    RecordingSink second = start(session, ACME, chat("hello"), 5);
    first.awaitFinished();
    assertThat(second.awaitFinished().usage().prompt().cachedTokens()).isPositive();
  }

  @Test
  void theThreadEndsWithTheEngine() {
    long before = threads();
    engine.close();
    assertThat(threads()).isEqualTo(before - 1);
    reopen(settings());
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("llama-engine"))
        .count();
  }

  private void assertFailed(SessionId session, byte[] bytes, Arena arena) {
    assertThat(await(engine.restore(session, new Bytes(arena, bytes))))
        .isInstanceOf(KvOutcome.Failed.class);
  }

  /** A snapshot of any bytes. */
  private static final class Bytes implements KvSnapshot {
    private final MemorySegment segment;

    Bytes(Arena arena, byte[] bytes) {
      segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    }

    @Override
    public String fingerprint() {
      return "";
    }

    @Override
    public int kvTokens() {
      return 0;
    }

    @Override
    public MemorySegment bytes() {
      return segment;
    }

    @Override
    public void close() {}
  }

  private KvSnapshot taken(SessionId session) {
    return ((SnapshotOutcome.Taken) await(engine.snapshot(session))).snapshot();
  }

  private Generation startEndless(SessionId session) {
    RecordingSink sink = new RecordingSink();
    Generation generation = engine.generate(request(session, ACME, chat("hello"), 900), sink);
    sink.awaitFirstText();
    return generation;
  }

  private RecordingSink start(
      SessionId session, TenantId tenant, List<ChatMessage> messages, int maxTokens) {
    RecordingSink sink = new RecordingSink();
    engine.generate(request(session, tenant, messages, maxTokens), sink);
    return sink;
  }

  private static GenerationRequest request(
      SessionId session, TenantId tenant, List<ChatMessage> messages, int maxTokens) {
    return new GenerationRequest(
        session, tenant, new Prompt.Chat(messages), Sampling.GREEDY, maxTokens, true);
  }

  private int residue(SessionId session) {
    return ((Residue.Counted) await(engine.residue(session))).kvTokens();
  }

  private SessionId newSession() {
    return new SessionId("sess_%024d".formatted(sessions++));
  }

  private static List<ChatMessage> chat(String question) {
    return List.of(new ChatMessage(ChatRole.USER, question));
  }

  private static List<ChatMessage> instructed(String instructions, String question) {
    return List.of(
        new ChatMessage(ChatRole.SYSTEM, instructions), new ChatMessage(ChatRole.USER, question));
  }

  private static List<ChatMessage> continued(
      List<ChatMessage> messages, String answer, String question) {
    List<ChatMessage> longer = new ArrayList<>(messages);
    longer.add(new ChatMessage(ChatRole.ASSISTANT, answer));
    longer.add(new ChatMessage(ChatRole.USER, question));
    return longer;
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
