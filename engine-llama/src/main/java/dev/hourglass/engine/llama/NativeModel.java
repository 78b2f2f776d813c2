package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.hourglass.core.engine.TokenPiece;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A loaded model: its vocabulary, its tokenizer and its chat template. */
final class NativeModel implements AutoCloseable {
  private static final String SPACE_GUARD = "\n";

  private final LlamaLibrary library;
  private final MemorySegment model;
  private final MemorySegment vocab;
  private final byte[][] pieces;
  private final boolean[] endsGeneration;
  private final int longestPieceBytes;
  private final boolean addsSpacePrefix;

  private NativeModel(LlamaLibrary library, MemorySegment model) {
    this.library = library;
    this.model = model;
    vocab = library.modelVocab(model);
    int vocabTokens = library.vocabTokens(vocab);
    pieces = new byte[vocabTokens][];
    endsGeneration = new boolean[vocabTokens];
    int longest = 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(1024);
      for (int token = 0; token < vocabTokens; token++) {
        pieces[token] = readPiece(token, buffer);
        endsGeneration[token] = library.vocabIsEog(vocab, token);
        longest = Math.max(longest, pieces[token].length);
      }
    }
    longestPieceBytes = longest;
    addsSpacePrefix = addsSpacePrefix();
  }

  static NativeModel load(LlamaLibrary library, NativeLog log, GgufFile file)
      throws EngineUnavailableException {
    log.forgetErrors();
    MemorySegment model = library.modelLoad(file.file());
    if (model.address() == 0) {
      String reason = log.firstError();
      throw new EngineUnavailableException(
          "model " + file.file() + " does not load" + (reason.isEmpty() ? "" : ": " + reason));
    }
    if (library.modelHasEncoder(model) || library.modelIsRecurrent(model)) {
      library.modelFree(model);
      throw new EngineUnavailableException(
          "model " + file.file() + " has an encoder or a recurrent state (expected: a decoder)");
    }
    return new NativeModel(library, model);
  }

  MemorySegment handle() {
    return model;
  }

  MemorySegment vocab() {
    return vocab;
  }

  int vocabTokens() {
    return pieces.length;
  }

  int contextTrainTokens() {
    return library.modelContextTrain(model);
  }

  /** The most bytes of text that one token stands for. */
  int longestPieceBytes() {
    return longestPieceBytes;
  }

  /** Whether the token ends a generation. */
  boolean endsGeneration(int token) {
    return endsGeneration[token];
  }

  /** The bytes of a token; none for a control token. */
  byte[] piece(int token) {
    return pieces[token];
  }

  /** A token that stands for visible ASCII text. */
  int ordinaryToken() {
    for (int token = 0; token < pieces.length; token++) {
      if (pieces[token].length > 0 && pieces[token][0] > ' ') {
        return token;
      }
    }
    throw new IllegalStateException("a vocabulary without text");
  }

  TokenPiece tokenPiece(int token) {
    return new TokenPiece(pieces[token]);
  }

  /** The token that begins every text, where the model wants one. */
  Optional<Integer> beginOfText() {
    int token = library.vocabBos(vocab);
    return library.vocabAddBos(vocab) && token >= 0 ? Optional.of(token) : Optional.empty();
  }

  /**
   * Tokenises a segment.
   *
   * @param first whether it begins the text; later segments get no space in front of them, which
   *     some tokenizers add to whatever they are given
   */
  int[] tokenize(Segment segment, boolean first) {
    if (first || !addsSpacePrefix) {
      return tokenize(segment.text(), segment.control());
    }
    int[] guard = tokenize(SPACE_GUARD, false);
    int[] guarded = tokenize(SPACE_GUARD + segment.text(), segment.control());
    return guarded.length >= guard.length
            && Arrays.equals(guard, 0, guard.length, guarded, 0, guard.length)
        ? Arrays.copyOfRange(guarded, guard.length, guarded.length)
        : tokenize(segment.text(), segment.control());
  }

  private int[] tokenize(String text, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0) {
      return new int[0];
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(JAVA_BYTE, bytes);
      int capacity = bytes.length + 8;
      MemorySegment tokens = arena.allocate(JAVA_INT, capacity);
      int count = library.tokenize(vocab, source, bytes.length, tokens, capacity, parseSpecial);
      if (count < 0) {
        capacity = -count;
        tokens = arena.allocate(JAVA_INT, capacity);
        count = library.tokenize(vocab, source, bytes.length, tokens, capacity, parseSpecial);
      }
      return tokens.asSlice(0, 4L * Math.max(0, count)).toArray(JAVA_INT);
    }
  }

  /** The Jinja text of the chat template in the file. */
  Optional<String> chatTemplate() {
    MemorySegment template = library.modelChatTemplate(model);
    return template.address() == 0
        ? Optional.empty()
        : Optional.of(template.reinterpret(Long.MAX_VALUE).getString(0));
  }

  /**
   * Renders a chat through one of the templates that llama.cpp knows.
   *
   * @param template Jinja text that is recognised by its features, or a name such as {@code chatml}
   * @return nothing for a template that is not known
   */
  Optional<String> applyTemplate(String template, List<RenderedMessage> messages) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment array = arena.allocate(LlamaLibrary.CHAT_MESSAGE, messages.size());
      long bytes = 1024;
      long stride = LlamaLibrary.CHAT_MESSAGE.byteSize();
      for (int index = 0; index < messages.size(); index++) {
        RenderedMessage message = messages.get(index);
        array.set(ADDRESS, index * stride, arena.allocateFrom(message.role()));
        array.set(ADDRESS, index * stride + 8, arena.allocateFrom(message.content()));
        bytes += 256 + message.content().length();
      }
      MemorySegment name = arena.allocateFrom(template);
      MemorySegment buffer = arena.allocate(bytes);
      int length = library.chatApplyTemplate(name, array, messages.size(), true, buffer);
      if (length > buffer.byteSize()) {
        buffer = arena.allocate(length + 1L);
        length = library.chatApplyTemplate(name, array, messages.size(), true, buffer);
      }
      return length < 0
          ? Optional.empty()
          : Optional.of(
              new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
    }
  }

  /**
   * A message as a template sees it.
   *
   * @param role {@code system}, {@code user} or {@code assistant}
   */
  record RenderedMessage(String role, String content) {}

  @Override
  public void close() {
    library.modelFree(model);
  }

  private byte[] readPiece(int token, MemorySegment buffer) {
    // A control token has no bytes of its own; what ends a generation never becomes text either.
    if (library.vocabIsControl(vocab, token) || library.vocabIsEog(vocab, token)) {
      return new byte[0];
    }
    int length = library.tokenToPiece(vocab, token, buffer);
    return length <= 0 ? new byte[0] : buffer.asSlice(0, length).toArray(JAVA_BYTE);
  }

  private boolean addsSpacePrefix() {
    int[] tokens = tokenize("a", false);
    return tokens.length > 0 && pieces[tokens[0]].length > 0 && pieces[tokens[0]][0] == ' ';
  }
}
