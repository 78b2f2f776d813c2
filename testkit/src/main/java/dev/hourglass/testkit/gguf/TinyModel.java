package dev.hourglass.testkit.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A random language model of two layers, half a megabyte on disk: a real llama architecture with a
 * real tokenizer that says nothing sensible, mostly random bytes.
 *
 * <p>The vocabulary holds {@code <unk> <s> </s>}, the 256 bytes, the two ChatML control tokens, the
 * printable ASCII characters, and a few syllables so that stop texts can lie across token borders.
 * Embedding dimension 0 carries a constant, through which the output layer gives the tokens that
 * end a generation the bias that a test wants.
 *
 * @param seed of the weights; equal seeds give equal files
 * @param contextTokens the context length that the file declares
 * @param endBias added, roughly, to the logit of {@code <|im_end|>}: -30 never ends a generation by
 *     itself, 30 ends each at once
 * @param chatTemplate the Jinja text in the file; empty leaves it out
 */
public record TinyModel(long seed, int contextTokens, double endBias, String chatTemplate) {
  /** The ChatML template as instruction models carry it. */
  public static final String CHATML =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
          + "{{ '<|im_start|>assistant\\n' }}{% endif %}";

  /** Token id of {@code <|im_start|>}. */
  public static final int IM_START = 259;

  /** Token id of {@code <|im_end|>}, which ends a generation. */
  public static final int IM_END = 260;

  private static final int WIDTH = 64;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int FEED_FORWARD = 128;
  private static final int TYPE_NORMAL = 1;
  private static final int TYPE_UNKNOWN = 2;
  private static final int TYPE_CONTROL = 3;
  private static final int TYPE_BYTE = 6;
  private static final double CONSTANT = 4;
  private static final double NEVER = -30;

  /** A model with 2,048 tokens of context whose generations run to their token limit. */
  public static TinyModel endless(long seed) {
    return new TinyModel(seed, 2048, NEVER, CHATML);
  }

  public TinyModel withContextTokens(int tokens) {
    return new TinyModel(seed, tokens, endBias, chatTemplate);
  }

  public TinyModel withEndBias(double bias) {
    return new TinyModel(seed, contextTokens, bias, chatTemplate);
  }

  public TinyModel withChatTemplate(String template) {
    return new TinyModel(seed, contextTokens, endBias, template);
  }

  /** Writes the model and returns {@code file}. */
  public Path write(Path file) {
    try {
      gguf().writeTo(file);
      return file;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private GgufWriter gguf() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<String> tokens = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    vocabulary(tokens, types);
    GgufWriter gguf = new GgufWriter();
    writeMetadata(gguf, tokens, types);
    writeTensors(gguf, tokens, types, random);
    return gguf;
  }

  private static void vocabulary(List<String> tokens, List<Integer> types) {
    add(tokens, types, "<unk>", TYPE_UNKNOWN);
    add(tokens, types, "<s>", TYPE_CONTROL);
    add(tokens, types, "</s>", TYPE_CONTROL);
    for (int value = 0; value < 256; value++) {
      add(tokens, types, "<0x%02X>".formatted(value), TYPE_BYTE);
    }
    add(tokens, types, "<|im_start|>", TYPE_CONTROL);
    add(tokens, types, "<|im_end|>", TYPE_CONTROL);
    add(tokens, types, "\u2581", TYPE_NORMAL);
    for (char character = '!'; character <= '~'; character++) {
      add(tokens, types, String.valueOf(character), TYPE_NORMAL);
    }
    for (String syllable : List.of("th", "he", "the", "an", "in", "er", "on", "\u2581a")) {
      add(tokens, types, syllable, TYPE_NORMAL);
    }
  }

  private static void add(List<String> tokens, List<Integer> types, String token, int type) {
    tokens.add(token);
    types.add(type);
  }

  private void writeMetadata(GgufWriter gguf, List<String> tokens, List<Integer> types) {
    gguf.putString("general.architecture", "llama");
    gguf.putString("general.name", "tiny-random");
    gguf.putInt("llama.context_length", contextTokens);
    gguf.putInt("llama.embedding_length", WIDTH);
    gguf.putInt("llama.block_count", LAYERS);
    gguf.putInt("llama.feed_forward_length", FEED_FORWARD);
    gguf.putInt("llama.attention.head_count", HEADS);
    gguf.putInt("llama.attention.head_count_kv", HEADS);
    gguf.putInt("llama.rope.dimension_count", WIDTH / HEADS);
    gguf.putFloat("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf.putString("tokenizer.ggml.model", "llama");
    gguf.putStrings("tokenizer.ggml.tokens", tokens);
    float[] scores = new float[tokens.size()];
    for (int token = 0; token < scores.length; token++) {
      scores[token] = tokens.get(token).length() > 1 ? -token / 100f : -10 - token / 100f;
    }
    gguf.putFloats("tokenizer.ggml.scores", scores);
    gguf.putInts("tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray());
    gguf.putInt("tokenizer.ggml.bos_token_id", 1);
    gguf.putInt("tokenizer.ggml.eos_token_id", IM_END);
    gguf.putInt("tokenizer.ggml.eot_token_id", IM_END);
    gguf.putInt("tokenizer.ggml.unknown_token_id", 0);
    gguf.putBoolean("tokenizer.ggml.add_bos_token", true);
    gguf.putBoolean("tokenizer.ggml.add_eos_token", false);
    gguf.putBoolean("tokenizer.ggml.add_space_prefix", false);
    if (!chatTemplate.isEmpty()) {
      gguf.putString("tokenizer.chat_template", chatTemplate);
    }
  }

  private void writeTensors(
      GgufWriter gguf, List<String> tokens, List<Integer> types, RandomGenerator random) {
    int vocabulary = tokens.size();
    float[] embedding = gaussian(random, WIDTH * vocabulary, 1);
    float[] output = gaussian(random, WIDTH * vocabulary, 0.3);
    for (int token = 0; token < vocabulary; token++) {
      embedding[token * WIDTH] = (float) CONSTANT;
      output[token * WIDTH] = 0;
      boolean special = types.get(token) == TYPE_CONTROL || types.get(token) == TYPE_UNKNOWN;
      if (special) {
        Arrays.fill(output, token * WIDTH, (token + 1) * WIDTH, 0);
        output[token * WIDTH] = (float) ((token == IM_END ? endBias : NEVER) / CONSTANT);
      }
    }
    gguf.addTensor("token_embd.weight", List.of(WIDTH, vocabulary), embedding);
    gguf.addTensor("output_norm.weight", List.of(WIDTH), ones());
    gguf.addTensor("output.weight", List.of(WIDTH, vocabulary), output);
    for (int layer = 0; layer < LAYERS; layer++) {
      String block = "blk." + layer + ".";
      gguf.addTensor(block + "attn_norm.weight", List.of(WIDTH), ones());
      for (String part : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
        gguf.addTensor(
            block + part + ".weight", List.of(WIDTH, WIDTH), gaussian(random, WIDTH * WIDTH, 0.15));
      }
      gguf.addTensor(block + "ffn_norm.weight", List.of(WIDTH), ones());
      for (String part : List.of("ffn_gate", "ffn_up")) {
        gguf.addTensor(
            block + part + ".weight",
            List.of(WIDTH, FEED_FORWARD),
            gaussian(random, WIDTH * FEED_FORWARD, 0.1));
      }
      gguf.addTensor(
          block + "ffn_down.weight",
          List.of(FEED_FORWARD, WIDTH),
          gaussian(random, WIDTH * FEED_FORWARD, 0.1));
    }
  }

  private static float[] gaussian(RandomGenerator random, int count, double deviation) {
    float[] values = new float[count];
    for (int index = 0; index < count; index++) {
      values[index] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  private static float[] ones() {
    float[] values = new float[WIDTH];
    Arrays.fill(values, 1);
    return values;
  }
}
