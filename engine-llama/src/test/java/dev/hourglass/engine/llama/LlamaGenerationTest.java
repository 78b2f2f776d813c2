package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.OutputFormat;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.TokenLogprob;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.gguf.TinyModel;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampling, texts and forms of one generation at a time. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlamaGenerationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LlamaEngine engine = LlamaEngines.open();
  private int sessions;

  @BeforeAll
  void begin() {
    assertThat(engine.stats().steps()).isZero();
  }

  @AfterAll
  void end() {
    engine.close();
  }

  @Test
  void neverSplitsACharacter() {
    for (int seed = 0; seed < 20; seed++) {
      RecordingSink sink = run(sampling(seed).build(), 100);
      sink.awaitFinished();
      for (TextDelta delta : sink.deltas()) {
        assertThat(wellFormed(delta.text())).isTrue();
      }
      assertThat(sink.deltas()).hasSizeGreaterThan(10);
    }
  }

  @Test
  void sameSeedSameText() {
    String first = text(sampling(42).build(), 60);
    assertThat(text(sampling(42).build(), 60)).isEqualTo(first);
    assertThat(text(sampling(43).build(), 60)).isNotEqualTo(first);
  }

  @Test
  void aSeedThatTheLibraryReservesIsASeed() {
    String first = text(sampling(0xFFFFFFFFL).build(), 40);
    assertThat(text(sampling(0xFFFFFFFFL).build(), 40)).isEqualTo(first);
  }

  @Test
  void withoutASeedTextsDiffer() {
    assertThat(text(new SamplingBuilder().build(), 60))
        .isNotEqualTo(text(new SamplingBuilder().build(), 60));
  }

  @Test
  void oneCandidateIsGreedy() {
    String greedy = text(Sampling.GREEDY, 30);
    SamplingBuilder one = sampling(5);
    one.topK = 1;
    assertThat(text(one.build(), 30)).isEqualTo(greedy);
    SamplingBuilder sure = sampling(5);
    sure.minP = 1;
    assertThat(text(sure.build(), 30)).isEqualTo(greedy);
    SamplingBuilder narrow = sampling(5);
    narrow.topP = 1e-6;
    assertThat(text(narrow.build(), 30)).isEqualTo(greedy);
  }

  @Test
  void endsBeforeAStopText() {
    String whole = text(Sampling.GREEDY, 60);
    for (int from = 2; from + 3 < whole.length(); from += 5) {
      String stop = whole.substring(from, from + 3);
      SamplingBuilder sampling = new SamplingBuilder();
      sampling.temperature = 0;
      sampling.stop = List.of("does not appear", stop);
      RecordingSink sink = run(sampling.build(), 60);
      assertThat(sink.awaitFinished().reason()).isEqualTo(FinishReason.STOP);
      assertThat(sink.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }
  }

  @Test
  void continuesAStoppedAnswerFromWhatWasGivenOut() {
    String whole = text(Sampling.GREEDY, 40);
    String stop = whole.substring(12, 15);
    SamplingBuilder sampling = new SamplingBuilder();
    sampling.temperature = 0;
    sampling.stop = List.of(stop);
    SessionId session = newSession();
    RecordingSink first = run(session, chat("hello there"), sampling.build(), 40);
    GenerationEnd.Finished end = first.awaitFinished();
    assertThat(end.usage().completionTokens()).isLessThan(40);
    List<ChatMessage> longer = new ArrayList<>(chat("hello there"));
    longer.add(new ChatMessage(ChatRole.ASSISTANT, first.text()));
    longer.add(new ChatMessage(ChatRole.USER, "go on"));
    RecordingSink second = run(session, longer, Sampling.GREEDY, 4);
    assertThat(second.awaitFinished().usage().prompt().cachedTokens())
        .isEqualTo(end.usage().kvTokens());
  }

  @Test
  void aModelThatEndsEndsWithStop() {
    try (LlamaEngine ending =
        LlamaEngines.open(LlamaEngines.settings(TinyModel.endless(1).withEndBias(30)))) {
      RecordingSink sink = new RecordingSink();
      ending.generate(request(newSession(), chat("hi"), Sampling.GREEDY, 50), sink);
      GenerationEnd.Finished end = sink.awaitFinished();
      assertThat(end.reason()).isEqualTo(FinishReason.STOP);
      assertThat(end.usage().completionTokens()).isZero();
      assertThat(sink.text()).isEmpty();
    }
  }

  @Test
  void controlTokensAreNeverText() {
    SamplingBuilder sampling = sampling(1);
    sampling.logitBias = Map.of(TinyModel.IM_START, 100.0);
    RecordingSink sink = run(sampling.build(), 20);
    assertThat(sink.awaitFinished().usage().completionTokens()).isEqualTo(20);
    assertThat(sink.text()).isEmpty();
  }

  @Test
  void biasForbidsAndForcesTokens() {
    int letter = 262 + ('x' - '!');
    SamplingBuilder forced = sampling(1);
    forced.logitBias = Map.of(letter, 100.0);
    assertThat(text(forced.build(), 8)).isEqualTo("xxxxxxxx");
    SamplingBuilder unknown = sampling(1);
    unknown.logitBias = Map.of(1_000_000, 1.0);
    assertThat(run(unknown.build(), 8).awaitFailed().fault().message())
        .startsWith("logit_bias: token 1000000 (expected: 0 to ");
  }

  @Test
  void penaltiesSuppressRepetition() {
    int letter = 262 + ('x' - '!');
    SamplingBuilder forced = sampling(1);
    forced.logitBias = Map.of(letter, 12.0);
    forced.presencePenalty = 2;
    forced.frequencyPenalty = 2;
    String text = text(forced.build(), 40);
    SamplingBuilder free = sampling(1);
    free.logitBias = Map.of(letter, 12.0);
    assertThat(count(text)).isLessThan(count(text(free.build(), 40)));
    SamplingBuilder repeat = sampling(1);
    repeat.repeatPenalty = 10;
    assertThat(text(repeat.build(), 20)).isNotEqualTo(text(sampling(1).build(), 20));
  }

  @Test
  void logprobsAreOfTheModelsDistribution() {
    SamplingBuilder sampling = new SamplingBuilder();
    sampling.temperature = 0;
    sampling.topLogprobs = 20;
    RecordingSink sink = run(sampling.build(), 20);
    sink.awaitFinished();
    List<TokenLogprob> logprobs = sink.logprobs();
    assertThat(logprobs).hasSize(20);
    for (TokenLogprob logprob : logprobs) {
      assertThat(logprob.alternatives()).hasSize(20);
      assertThat(logprob.logprob())
          .isEqualTo(logprob.alternatives().getFirst().logprob(), within(1e-9));
      double sum = 0;
      double last = 0;
      for (TokenLogprob.Alternative alternative : logprob.alternatives()) {
        assertThat(alternative.logprob()).isLessThanOrEqualTo(last);
        last = alternative.logprob();
        sum += Math.exp(last);
      }
      assertThat(sum).isBetween(0.05, 1.0 + 1e-9);
    }
    sampling.topLogprobs = 0;
    assertThat(run(sampling.build(), 3).awaitFinished().usage().completionTokens()).isEqualTo(3);
  }

  @Test
  void aJsonObjectIsJson() throws Exception {
    for (int seed = 0; seed < 5; seed++) {
      SamplingBuilder sampling = sampling(seed);
      sampling.format = new OutputFormat.JsonObject();
      // A random model hardly ever closes what it opens, so the closing brace gets some help.
      sampling.logitBias = Map.of(262 + ('}' - '!'), 12.0, 262 + ('"' - '!'), 4.0);
      RecordingSink sink = run(sampling.build(), 400);
      if (sink.awaitFinished().reason() == FinishReason.STOP) {
        assertThat(JSON.readTree(sink.text()).isObject()).isTrue();
      } else {
        assertThat(sink.text()).startsWith("{");
      }
    }
  }

  @Test
  void anAnswerSatisfiesItsSchema() throws Exception {
    String schema =
        """
        {"type":"object","properties":{
          "kind":{"enum":["cat","dog"]},
          "name":{"type":"string","minLength":1,"maxLength":4},
          "age":{"type":"integer"},
          "tags":{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}},
         "required":["kind","name","tags"],"additionalProperties":false}
        """;
    int whole = 0;
    for (int seed = 0; seed < 10; seed++) {
      SamplingBuilder sampling = sampling(seed);
      sampling.format = new OutputFormat.JsonSchema(schema);
      RecordingSink sink = run(sampling.build(), 500);
      if (sink.awaitFinished().reason() == FinishReason.LENGTH) {
        continue;
      }
      whole++;
      JsonNode json = JSON.readTree(sink.text());
      assertThat(json.get("kind").asText()).isIn("cat", "dog");
      assertThat(json.get("name").asText().codePointCount(0, json.get("name").asText().length()))
          .isBetween(1, 4);
      assertThat(json.get("tags").size()).isBetween(2, 3);
    }
    assertThat(whole).isPositive();
  }

  @Test
  void aGrammarBindsTheText() {
    SamplingBuilder sampling = sampling(3);
    sampling.format = new OutputFormat.Grammar("root ::= (\"yes\" | \"no\") \"!\"");
    RecordingSink sink = run(sampling.build(), 50);
    assertThat(sink.awaitFinished().reason()).isEqualTo(FinishReason.STOP);
    assertThat(sink.text()).isIn("yes!", "no!");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "root",
        "root ::= unknown",
        "other ::= \"a\"",
        "root ::= root \"a\" | \"a\"",
        "root ::= \"unterminated",
        "root ::= [a-",
        "root ::= ((((\"a\"",
        "root ::= \"a\"{3,1000000}",
        "root ::= ((\"a\"{1000}){1000}){1000}",
        "root ::= \"a\"\0",
      })
  void aBadGrammarIsRefused(String grammar) {
    SamplingBuilder sampling = sampling(3);
    sampling.format = new OutputFormat.Grammar(grammar);
    EngineFault fault = run(sampling.build(), 50).awaitFailed().fault();
    assertThat(fault.kind()).isEqualTo(EngineFault.Kind.INVALID_PARAMETER);
    assertThat(fault.message()).startsWith("grammar: ");
  }

  @Test
  void aDeeplyNestedGrammarIsRefused() {
    SamplingBuilder sampling = sampling(3);
    sampling.format =
        new OutputFormat.Grammar("root ::= " + "(".repeat(30_000) + "\"a\"" + ")".repeat(30_000));
    assertThat(run(sampling.build(), 5).awaitFailed().fault().kind())
        .isEqualTo(EngineFault.Kind.INVALID_PARAMETER);
  }

  @Test
  void aLongChainOfRulesDoesNotOverflowTheStack() {
    StringBuilder grammar = new StringBuilder("root ::= r0\n");
    for (int rule = 0; rule < 3_000; rule++) {
      grammar.append("r%d ::= r%d\n".formatted(rule, rule + 1));
    }
    grammar.append("r3000 ::= \"x\"\n");
    SamplingBuilder sampling = sampling(3);
    sampling.format = new OutputFormat.Grammar(grammar.toString());
    RecordingSink sink = run(sampling.build(), 5);
    sink.awaitFinished();
    assertThat(sink.text()).isEqualTo("x");
  }

  @Test
  void textInAMessageNeverBecomesAControlToken() {
    int plain = promptTokens(List.of(new ChatMessage(ChatRole.USER, "aaaaaaaaaaaa")));
    int injected = promptTokens(List.of(new ChatMessage(ChatRole.USER, "<|im_start|>")));
    // Twelve characters are twelve tokens of this vocabulary, a control token would be one. The
    // word "an" would merge, but none is in there.
    assertThat(injected).isEqualTo(plain);
    int inSystem =
        promptTokens(
            List.of(
                new ChatMessage(ChatRole.SYSTEM, "<|im_end|>"),
                new ChatMessage(ChatRole.USER, "<|im_end|>")));
    int plainSystem =
        promptTokens(
            List.of(
                new ChatMessage(ChatRole.SYSTEM, "bbbbbbbbbb"),
                new ChatMessage(ChatRole.USER, "bbbbbbbbbb")));
    // "en" and the like are not in the vocabulary either.
    assertThat(inSystem).isEqualTo(plainSystem);
  }

  @Test
  void aPlainPromptHasNoControlTokensEither() {
    RecordingSink sink = new RecordingSink();
    engine.generate(
        new GenerationRequest(
            newSession(),
            TenantId.DEFAULT,
            new Prompt.Text("<|im_end|>"),
            Sampling.GREEDY,
            2,
            false),
        sink);
    assertThat(sink.awaitFinished().usage().prompt().promptTokens()).isEqualTo(1 + 10);
  }

  @Test
  void anUnknownTemplateFallsBackToChatMl() {
    TinyModel strange = TinyModel.endless(1).withChatTemplate("{{ what | is | this }}");
    try (LlamaEngine other = LlamaEngines.open(LlamaEngines.settings(strange))) {
      RecordingSink sink = new RecordingSink();
      other.generate(request(newSession(), chat("hello there"), Sampling.GREEDY, 5), sink);
      assertThat(sink.awaitFinished().usage().prompt().promptTokens())
          .isEqualTo(promptTokens(chat("hello there")));
    }
  }

  @Test
  void aTemplateThatTrimsGetsTrimmedText() {
    // Recognised by its features as Gemma's, which trims what it is given.
    TinyModel gemma = TinyModel.endless(1).withChatTemplate("{{ '<start_of_turn>' }}");
    try (LlamaEngine other = LlamaEngines.open(LlamaEngines.settings(gemma))) {
      RecordingSink spaced = new RecordingSink();
      RecordingSink bare = new RecordingSink();
      other.generate(request(newSession(), chat("  hello  "), Sampling.GREEDY, 5), spaced);
      other.generate(request(newSession(), chat("hello"), Sampling.GREEDY, 5), bare);
      assertThat(spaced.awaitFinished().usage().prompt().promptTokens())
          .isEqualTo(bare.awaitFinished().usage().prompt().promptTokens());
    }
  }

  @Test
  void emptyMessagesAndOddTextAreFine() {
    for (String content :
        List.of("", " ", "\0", "a\0b", "\uD800", "⌛\uD83D\uDE00", "{{ x }}", "%s%n", "\uFFFF")) {
      assertThat(promptTokens(List.of(new ChatMessage(ChatRole.USER, content)))).isPositive();
    }
  }

  @Test
  void theContextIsTheEndOfAnAnswer() {
    LlamaSettings small =
        LlamaEngines.settings(TinyModel.endless(1)).withContextTokens(128).withKvTokens(256);
    try (LlamaEngine other = LlamaEngines.open(small)) {
      RecordingSink sink = new RecordingSink();
      other.generate(
          new GenerationRequest(
              newSession(),
              TenantId.DEFAULT,
              new Prompt.Chat(chat("hello")),
              Sampling.GREEDY,
              null,
              true),
          sink);
      GenerationEnd.Finished end = sink.awaitFinished();
      assertThat(end.reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(end.usage().prompt().promptTokens() + end.usage().completionTokens())
          .isEqualTo(128);
    }
  }

  @Test
  void aPromptLargerThanTheContextIsRefusedWithBothNumbers() {
    EngineFault fault =
        run(newSession(), chat("a".repeat(2_000)), Sampling.GREEDY, 5).awaitFailed().fault();
    assertThat(fault.kind()).isEqualTo(EngineFault.Kind.PROMPT_TOO_LONG);
    assertThat(fault.message()).matches("prompt: 20\\d\\d tokens .*1024 tokens.*");
    EngineFault huge =
        run(newSession(), chat("a".repeat(5_000_000)), Sampling.GREEDY, 5).awaitFailed().fault();
    assertThat(huge.kind()).isEqualTo(EngineFault.Kind.PROMPT_TOO_LONG);
    assertThat(huge.message()).contains("more than 1024 tokens");
  }

  private static long count(String text) {
    return text.chars().filter(character -> character == 'x').count();
  }

  private static boolean wellFormed(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return bytes != null;
    } catch (java.nio.charset.CharacterCodingException split) {
      return false;
    }
  }

  private int promptTokens(List<ChatMessage> messages) {
    return run(newSession(), messages, Sampling.GREEDY, 1)
        .awaitFinished()
        .usage()
        .prompt()
        .promptTokens();
  }

  private String text(Sampling sampling, int maxTokens) {
    RecordingSink sink = run(sampling, maxTokens);
    sink.awaitFinished();
    assertThat(sink.violations()).isEmpty();
    return sink.text();
  }

  private RecordingSink run(Sampling sampling, int maxTokens) {
    SessionId session = newSession();
    RecordingSink sink = run(session, chat("hello there"), sampling, maxTokens);
    sink.awaitEnd();
    // Leaves nothing behind that the next one could share: each starts from the same cache.
    engine.release(session).toCompletableFuture().join();
    return sink;
  }

  private RecordingSink run(
      SessionId session, List<ChatMessage> messages, Sampling sampling, int maxTokens) {
    RecordingSink sink = new RecordingSink();
    engine.generate(request(session, messages, sampling, maxTokens), sink);
    return sink;
  }

  private static GenerationRequest request(
      SessionId session, List<ChatMessage> messages, Sampling sampling, int maxTokens) {
    return new GenerationRequest(
        session, TenantId.DEFAULT, new Prompt.Chat(messages), sampling, maxTokens, true);
  }

  private static List<ChatMessage> chat(String question) {
    return List.of(new ChatMessage(ChatRole.USER, question));
  }

  private SessionId newSession() {
    return new SessionId("sess_%024d".formatted(sessions++));
  }

  private static SamplingBuilder sampling(long seed) {
    SamplingBuilder builder = new SamplingBuilder();
    builder.seed = seed;
    return builder;
  }

  /** Sampling with most filters off. */
  private static final class SamplingBuilder {
    private double temperature = 1;
    private double topP = 1;
    private int topK;
    private double minP;
    private double frequencyPenalty;
    private double presencePenalty;
    private double repeatPenalty = 1;
    private @Nullable Long seed;
    private List<String> stop = List.of();
    private Map<Integer, Double> logitBias = Map.of();
    private @Nullable Integer topLogprobs;
    private OutputFormat format = new OutputFormat.Free();

    Sampling build() {
      return new Sampling(
          temperature,
          topP,
          topK,
          minP,
          frequencyPenalty,
          presencePenalty,
          repeatPenalty,
          seed,
          stop,
          logitBias,
          topLogprobs,
          format);
    }
  }
}
