package dev.hourglass.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationUsage;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Engine} must do. An engine's own test extends this class and opens the engine.
 *
 * <p>The model behind it must be able to write at least 400 tokens without ending by itself.
 */
public abstract class EngineContractTest {
  private final AtomicInteger sessions = new AtomicInteger();

  private Engine engine;

  /** Opens a fresh engine; the test closes it. */
  protected abstract Engine openEngine();

  @BeforeEach
  final void open() {
    engine = openEngine();
  }

  @AfterEach
  final void close() {
    engine.close();
  }

  @Test
  final void tellsWhatItIs() {
    assertThat(engine.info().model()).isNotBlank();
    assertThat(engine.info().contextTokens()).isPositive();
  }

  @Test
  final void generatesUpToTheTokenLimit() {
    RecordingSink sink = generate(newSession(), chat("Tell me a long story of the sea"), 12);
    GenerationEnd.Finished end = sink.awaitFinished();
    assertThat(end.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(end.usage().completionTokens()).isEqualTo(12);
    assertThat(end.usage().prompt().promptTokens()).isPositive();
    assertThat(end.usage().prompt().compressedMessages()).isZero();
    assertThat(sink.awaitStarted())
        .isEqualTo(countsThePromptFirst() ? end.usage().prompt() : new PromptUsage(0, 0, 0));
    assertThat(sink.violations()).isEmpty();
  }

  /**
   * Whether the start tells what the prompt costs; servers of the OpenAI API tell it at the end.
   */
  protected boolean countsThePromptFirst() {
    return true;
  }

  @Test
  final void continuesAConversationFromItsCache() {
    SessionId session = newSession();
    List<ChatMessage> messages = chat("Tell me something about the sea, and take your time");
    RecordingSink first = generate(session, messages, 16);
    GenerationUsage firstUsage = first.awaitFinished().usage();
    RecordingSink second = generate(session, continued(messages, first.text(), "And more"), 4);
    PromptUsage usage = second.awaitFinished().usage().prompt();
    int known = firstUsage.prompt().promptTokens() - 1;
    assertThat(usage.cachedTokens())
        .isBetween(known - known % kvBlockTokens(), usage.promptTokens() - 1);
    assertThat(usage.promptTokens()).isGreaterThan(firstUsage.prompt().promptTokens());
  }

  /** The tokens of a KV block: what is cached is found again in whole ones. */
  protected int kvBlockTokens() {
    return 1;
  }

  @Test
  final void freesTheStateOfWhoDoesNotRetain() {
    SessionId session = newSession();
    RecordingSink sink = new RecordingSink();
    engine.generate(
        new GenerationRequest(
            session, TenantId.DEFAULT, new Prompt.Text("once upon"), Sampling.GREEDY, 4, false),
        sink);
    assertThat(sink.awaitFinished().usage().kvTokens()).isZero();
    assertThat(await(engine.residue(session))).isIn(new Residue.Counted(0), new Residue.Unknown());
  }

  @Test
  final void cancelsARunningGeneration() {
    RecordingSink sink = new RecordingSink();
    Generation generation =
        engine.generate(request(newSession(), chat("Hello"), Sampling.GREEDY, 400), sink);
    sink.awaitFirstText();
    generation.cancel();
    generation.cancel();
    GenerationEnd end = sink.awaitEnd();
    assertThat(end).isInstanceOf(GenerationEnd.Cancelled.class);
    assertThat(end.usage().completionTokens()).isBetween(1, 399);
    generation.cancel();
    assertThat(sink.violations()).isEmpty();
  }

  @Test
  final void goesOnAfterACancel() {
    SessionId session = newSession();
    RecordingSink cut = new RecordingSink();
    Generation generation =
        engine.generate(request(session, chat("Hello"), Sampling.GREEDY, 400), cut);
    cut.awaitFirstText();
    generation.cancel();
    cut.awaitEnd();
    RecordingSink again = generate(session, chat("Hello"), 5);
    assertThat(again.awaitFinished().usage().completionTokens()).isEqualTo(5);
  }

  @Test
  final void releasesEverythingOfASession() {
    SessionId session = newSession();
    generate(session, chat("Hello there"), 8).awaitFinished();
    KvOutcome outcome = await(engine.release(session));
    if (outcome instanceof KvOutcome.Applied applied) {
      assertThat(applied.kvTokens()).isPositive();
      assertThat(await(engine.residue(session))).isEqualTo(new Residue.Counted(0));
      assertThat(await(engine.release(session))).isEqualTo(new KvOutcome.Applied(0));
      assertThat(await(engine.occupancy()).sessions()).doesNotContainKey(session);
    } else {
      assertThat(outcome).isEqualTo(new KvOutcome.Unsupported());
    }
  }

  @Test
  final void releaseCancelsWhatRuns() {
    SessionId session = newSession();
    RecordingSink sink = new RecordingSink();
    engine.generate(request(session, chat("Hello"), Sampling.GREEDY, 400), sink);
    sink.awaitFirstText();
    KvOutcome outcome = await(engine.release(session));
    if (!outcome.equals(new KvOutcome.Unsupported())) {
      assertThat(sink.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
      assertThat(await(engine.residue(session))).isEqualTo(new Residue.Counted(0));
    }
  }

  @Test
  final void anUnknownSessionHoldsNothing() {
    SessionId unknown = newSession();
    assertThat(await(engine.release(unknown)))
        .isIn(new KvOutcome.Applied(0), new KvOutcome.Unsupported());
    assertThat(await(engine.residue(unknown))).isIn(new Residue.Counted(0), new Residue.Unknown());
    assertThat(await(engine.snapshot(unknown)))
        .isIn(new SnapshotOutcome.Empty(), new SnapshotOutcome.Unsupported());
  }

  @Test
  final void restoresASnapshotExactly() {
    SessionId session = newSession();
    List<ChatMessage> messages = chat("Tell me something about the sea");
    RecordingSink first = generate(session, messages, 16);
    int held = first.awaitFinished().usage().kvTokens();
    SnapshotOutcome outcome = await(engine.snapshot(session));
    if (!(outcome instanceof SnapshotOutcome.Taken taken)) {
      assertThat(outcome).isEqualTo(new SnapshotOutcome.Unsupported());
      return;
    }
    List<ChatMessage> followUp = continued(messages, first.text(), "And more");
    try (KvSnapshot snapshot = taken.snapshot()) {
      assertThat(snapshot.kvTokens()).isEqualTo(held);
      RecordingSink hot = generate(session, followUp, 8);
      PromptUsage hotUsage = hot.awaitFinished().usage().prompt();
      await(engine.release(session));
      assertThat(await(engine.restore(session, snapshot))).isEqualTo(new KvOutcome.Applied(held));
      assertThat(await(engine.residue(session))).isEqualTo(new Residue.Counted(held));
      RecordingSink restored = generate(session, followUp, 8);
      assertThat(restored.awaitFinished().usage().prompt()).isEqualTo(hotUsage);
      assertThat(restored.text()).isEqualTo(hot.text());
    }
  }

  @Test
  final void servesTwoSessionsAtOnce() {
    RecordingSink one = new RecordingSink();
    RecordingSink two = new RecordingSink();
    Generation first =
        engine.generate(request(newSession(), chat("One"), Sampling.GREEDY, 400), one);
    engine.generate(request(newSession(), chat("Two"), Sampling.GREEDY, 10), two);
    assertThat(two.awaitFinished().usage().completionTokens()).isEqualTo(10);
    assertThat(one.isEnded()).isFalse();
    first.cancel();
    assertThat(one.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
    assertThat(one.violations()).isEmpty();
    assertThat(two.violations()).isEmpty();
  }

  @Test
  final void countsWhatItHolds() {
    SessionId session = newSession();
    int held = generate(session, chat("Hello"), 8).awaitFinished().usage().kvTokens();
    KvOccupancy occupancy = await(engine.occupancy());
    if (held > 0) {
      assertThat(occupancy.sessions()).containsEntry(session, held);
      assertThat(occupancy.usedTokens()).isEqualTo(held);
    } else {
      // Whoever does not know what a session holds does not say that it holds anything.
      assertThat(occupancy.sessions()).isEmpty();
      assertThat(await(engine.release(session))).isEqualTo(new KvOutcome.Unsupported());
    }
  }

  @Test
  final void aClosedEngineRefuses() {
    RecordingSink running = new RecordingSink();
    engine.generate(request(newSession(), chat("Hello"), Sampling.GREEDY, 400), running);
    running.awaitFirstText();
    engine.close();
    engine.close();
    assertThat(running.awaitEnd()).isInstanceOf(GenerationEnd.Cancelled.class);
    RecordingSink late = generate(newSession(), chat("Hello"), 4);
    assertThat(late.awaitFailed().fault().kind()).isEqualTo(EngineFault.Kind.STOPPED);
  }

  /** A session nobody has used. */
  protected final SessionId newSession() {
    return new SessionId("sess_%024d".formatted(sessions.incrementAndGet()));
  }

  /** A conversation that begins. */
  protected static List<ChatMessage> chat(String question) {
    return List.of(
        new ChatMessage(ChatRole.SYSTEM, "You are kind."),
        new ChatMessage(ChatRole.USER, question));
  }

  /** A conversation that goes on. */
  protected static List<ChatMessage> continued(
      List<ChatMessage> messages, String answer, String question) {
    List<ChatMessage> longer = new ArrayList<>(messages);
    longer.add(new ChatMessage(ChatRole.ASSISTANT, answer));
    longer.add(new ChatMessage(ChatRole.USER, question));
    return longer;
  }

  protected static GenerationRequest request(
      SessionId session, List<ChatMessage> messages, Sampling sampling, int maxTokens) {
    return new GenerationRequest(
        session, TenantId.DEFAULT, new Prompt.Chat(messages), sampling, maxTokens, true);
  }

  /** The engine under test. */
  protected final Engine engine() {
    return engine;
  }

  /** Begins a greedy generation. */
  protected final RecordingSink generate(
      SessionId session, List<ChatMessage> messages, int maxTokens) {
    RecordingSink sink = new RecordingSink();
    engine.generate(request(session, messages, Sampling.GREEDY, maxTokens), sink);
    return sink;
  }

  protected static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
