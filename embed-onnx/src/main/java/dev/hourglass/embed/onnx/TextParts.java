package dev.hourglass.embed.onnx;

import java.util.ArrayList;
import java.util.List;

/**
 * A text in parts that no tokenizer cuts short: each has at most {@value #CHARACTERS} characters,
 * and a token has at least one. Parts end at a blank where there is one, and never inside a
 * character.
 */
final class TextParts {
  /** About the 128 tokens that all-MiniLM was trained on, in English. */
  static final int CHARACTERS = 500;

  /** What is not worth halving. */
  static final int SHORTEST = 16;

  private TextParts() {}

  /** The halves of a part. */
  static List<String> halves(String part) {
    int middle = end(part, 0, part.length() / 2);
    return List.of(part.substring(0, middle), part.substring(middle));
  }

  /** The parts that say something; the whole text where none does. */
  static List<String> of(String text) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int to = end(text, from, CHARACTERS);
      String part = text.substring(from, to);
      if (!part.isBlank()) {
        parts.add(part);
      }
      from = to;
    }
    return parts.isEmpty() ? List.of(text) : parts;
  }

  private static int end(String text, int from, int most) {
    int to = from + most;
    if (to >= text.length()) {
      return text.length();
    }
    for (int blank = to; blank > from; blank--) {
      if (Character.isWhitespace(text.charAt(blank))) {
        return blank;
      }
    }
    return Character.isLowSurrogate(text.charAt(to)) ? to - 1 : to;
  }
}
