package dev.hourglass.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The scripted engine keeps the engines' contract, and its scripts. */
final class ScriptedEngineTest extends EngineContractTest {
  @Override
  protected Engine openEngine() {
    // Long enough for every token limit of the contract; whoever asks for more is still at it.
    String[] words = Collections.nCopies(100, " word").toArray(String[]::new);
    return new ScriptedEngine("scripted", 10_000, (session, kvTokens) -> {})
        .otherwise(Script.says(words).thenAwaits(new CountDownLatch(1)).thenSays(" late"));
  }

  @Test
  void diesInTheMiddleOfAnAnswer() {
    scripted().next(Script.says("half", " an").thenDies(EngineFault.Kind.INTERNAL, "out of words"));
    SessionId session = newSession();

    RecordingSink sink = generate(session, chat("Hello"), 12);

    GenerationEnd.Failed end = sink.awaitFailed();
    assertThat(end.fault()).isEqualTo(new EngineFault(EngineFault.Kind.INTERNAL, "out of words"));
    assertThat(sink.text()).isEqualTo("half an");
    assertThat(scripted().kvTokens(session)).isEqualTo(end.usage().kvTokens());
  }

  @Test
  void endsAsItsScriptSays() {
    scripted().next(Script.says("short").cutShort());

    assertThat(generate(newSession(), chat("Hello"), 12).awaitFinished().reason())
        .isEqualTo(FinishReason.LENGTH);
    scripted().next(Script.says("short"));
    assertThat(generate(newSession(), chat("Hello"), 12).awaitFinished().reason())
        .isEqualTo(FinishReason.STOP);
    assertThat(scripted().ends()).hasSize(2);
  }

  private ScriptedEngine scripted() {
    return (ScriptedEngine) engine();
  }
}
