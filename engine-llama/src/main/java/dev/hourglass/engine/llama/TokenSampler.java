package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.OutputFormat;
import dev.hourglass.core.engine.Sampling;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one generation chooses its tokens: a native sampler chain in llama.cpp's usual order
 * (penalties, bias, top-k, top-p, min-p, temperature, draw), and beside it, where asked for, a
 * grammar.
 *
 * <p>A grammar is not part of the chain: testing each of some ten thousand tokens against it costs
 * more than the model. The chain chooses first; only when the grammar refuses that token, all are
 * tested and the chain chooses again. The grammar is asked before it is told, since llama.cpp
 * aborts the process over a token that a grammar does not allow.
 */
final class TokenSampler implements AutoCloseable {
  /** Nothing can be chosen: the grammar allows no token of this vocabulary. */
  static final int NOTHING = -1;

  private static final String PROBE_RULE = "hourglass-probe";
  private static final int REPEAT_WINDOW = 64;
  private static final int RANDOM_SEED_SENTINEL = 0xFFFFFFFF;

  private final LlamaLibrary library;
  private final MemorySegment chain;
  private final @Nullable MemorySegment grammar;

  private TokenSampler(LlamaLibrary library, MemorySegment chain, @Nullable MemorySegment grammar) {
    this.library = library;
    this.chain = chain;
    this.grammar = grammar;
  }

  /**
   * Creates a sampler.
   *
   * @param promptTokens what the repeat penalty looks back on
   * @param penaltyWindow tokens of the answer over which the other penalties count
   */
  static TokenSampler create(
      LlamaLibrary library,
      NativeModel model,
      Sampling sampling,
      long seed,
      TokenList promptTokens,
      int penaltyWindow)
      throws GenerationRefusedException {
    requireVocabulary(sampling.logitBias(), model.vocabTokens());
    MemorySegment grammar = grammar(library, model, sampling.format());
    MemorySegment chain = library.samplerChain();
    if (sampling.repeatPenalty() != 1) {
      MemorySegment repeat =
          library.samplerPenalties(REPEAT_WINDOW, (float) sampling.repeatPenalty(), 0, 0);
      int from = Math.max(0, promptTokens.size() - REPEAT_WINDOW);
      for (int index = from; index < promptTokens.size(); index++) {
        library.samplerAccept(repeat, promptTokens.get(index));
      }
      library.samplerChainAdd(chain, repeat);
    }
    if (sampling.frequencyPenalty() != 0 || sampling.presencePenalty() != 0) {
      library.samplerChainAdd(
          chain,
          library.samplerPenalties(
              penaltyWindow,
              1,
              (float) sampling.frequencyPenalty(),
              (float) sampling.presencePenalty()));
    }
    if (!sampling.logitBias().isEmpty()) {
      library.samplerChainAdd(chain, logitBias(library, model, sampling.logitBias()));
    }
    if (sampling.temperature() == 0) {
      library.samplerChainAdd(chain, library.samplerGreedy());
      return new TokenSampler(library, chain, grammar);
    }
    if (sampling.topK() > 0) {
      library.samplerChainAdd(chain, library.samplerTopK(sampling.topK()));
    }
    if (sampling.topP() < 1) {
      library.samplerChainAdd(chain, library.samplerTopP((float) sampling.topP()));
    }
    if (sampling.minP() > 0) {
      library.samplerChainAdd(chain, library.samplerMinP((float) sampling.minP()));
    }
    if (sampling.temperature() != 1) {
      library.samplerChainAdd(chain, library.samplerTemperature((float) sampling.temperature()));
    }
    library.samplerChainAdd(chain, library.samplerDistribution(seed32(seed)));
    return new TokenSampler(library, chain, grammar);
  }

  /** Chooses the next token from the logits at a place of the last batch. */
  int sample(NativeContext context, int batchIndex) {
    if (grammar == null) {
      return library.samplerSample(chain, context.handle(), batchIndex);
    }
    library.samplerApply(chain, context.candidates(batchIndex));
    int token = context.selectedToken();
    if (token < 0 || !allows(grammar, context, token)) {
      MemorySegment candidates = context.candidates(batchIndex);
      library.samplerApply(grammar, candidates);
      library.samplerApply(chain, candidates);
      token = context.selectedToken();
      if (token < 0 || !(context.selectedLogit() > Float.NEGATIVE_INFINITY)) {
        return NOTHING;
      }
      if (!allows(grammar, context, token)) {
        return NOTHING;
      }
    }
    library.samplerAccept(chain, token);
    return token;
  }

  /** Tells the grammar what was chosen; not to be called for a token that ends the generation. */
  void accept(int token) {
    if (grammar != null) {
      library.samplerAccept(grammar, token);
    }
  }

  @Override
  public void close() {
    library.samplerFree(chain);
    if (grammar != null) {
      library.samplerFree(grammar);
    }
  }

  private boolean allows(MemorySegment rules, NativeContext context, int token) {
    library.samplerApply(rules, context.candidate(token));
    return context.firstCandidateLogit() > Float.NEGATIVE_INFINITY;
  }

  private static @Nullable MemorySegment grammar(
      LlamaLibrary library, NativeModel model, OutputFormat format)
      throws GenerationRefusedException {
    return switch (format) {
      case OutputFormat.Free _ -> null;
      case OutputFormat.JsonObject _ -> parsed(library, model, JsonSchemaGrammar.anyObject());
      case OutputFormat.JsonSchema schema ->
          parsed(library, model, JsonSchemaGrammar.of(schema.schema()));
      case OutputFormat.Grammar own -> {
        GrammarBounds.require(own.gbnf());
        yield parsed(library, model, own.gbnf());
      }
    };
  }

  private static MemorySegment parsed(LlamaLibrary library, NativeModel model, String gbnf)
      throws GenerationRefusedException {
    requireParses(library, model, gbnf);
    try (Arena arena = Arena.ofConfined()) {
      return library.samplerGrammar(
          model.vocab(), arena.allocateFrom(gbnf), arena.allocateFrom("root"));
    }
  }

  /**
   * For a grammar that does not parse this build of the library answers a sampler that allows
   * everything. So a rule is appended that no ordinary token satisfies, and the sampler that begins
   * there is asked about one.
   */
  private static void requireParses(LlamaLibrary library, NativeModel model, String gbnf)
      throws GenerationRefusedException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment probe =
          library.samplerGrammar(
              model.vocab(),
              arena.allocateFrom(gbnf + "\n" + PROBE_RULE + " ::= \"\\x02\" root\n"),
              arena.allocateFrom(PROBE_RULE));
      boolean refuses = false;
      if (probe.address() != 0) {
        MemorySegment data = arena.allocate(LlamaLibrary.TOKEN_DATA);
        data.set(JAVA_INT, 0, model.ordinaryToken());
        MemorySegment array = arena.allocate(LlamaLibrary.TOKEN_DATA_ARRAY);
        array.set(ADDRESS, 0, data);
        array.set(JAVA_LONG, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "size"), 1);
        library.samplerApply(probe, array);
        refuses = data.get(JAVA_FLOAT, 4) == Float.NEGATIVE_INFINITY;
        library.samplerFree(probe);
      }
      if (!refuses) {
        throw new GenerationRefusedException(
            EngineFault.Kind.INVALID_PARAMETER,
            "grammar: does not parse (expected: GBNF with a rule named root)");
      }
    }
  }

  private static MemorySegment logitBias(
      LlamaLibrary library, NativeModel model, Map<Integer, Double> biases) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment array = arena.allocate(LlamaLibrary.LOGIT_BIAS, biases.size());
      long offset = 0;
      for (Map.Entry<Integer, Double> bias : biases.entrySet()) {
        array.set(JAVA_INT, offset, bias.getKey());
        array.set(JAVA_FLOAT, offset + 4, bias.getValue().floatValue());
        offset += LlamaLibrary.LOGIT_BIAS.byteSize();
      }
      return library.samplerLogitBias(model.vocabTokens(), biases.size(), array);
    }
  }

  private static void requireVocabulary(Map<Integer, Double> biases, int vocabTokens)
      throws GenerationRefusedException {
    for (int token : biases.keySet()) {
      if (token < 0 || token >= vocabTokens) {
        throw new GenerationRefusedException(
            EngineFault.Kind.INVALID_PARAMETER,
            "logit_bias: token " + token + " (expected: 0 to " + (vocabTokens - 1) + ")");
      }
    }
  }

  /** Folds a seed to the 32 bits of the library, around the value that there means "any". */
  private static int seed32(long seed) {
    int folded = Long.hashCode(seed);
    return folded == RANDOM_SEED_SENTINEL ? 0x7FFFFFFF : folded;
  }
}
