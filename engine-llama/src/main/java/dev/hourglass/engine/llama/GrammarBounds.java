package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.EngineFault;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client's own grammar may ask of the native parser, which descends recursively and unrolls
 * repetitions: bounded text, bounded nesting, bounded repetition.
 */
final class GrammarBounds {
  private static final int MAX_CHARACTERS = 65_536;
  private static final int MAX_NESTING = 64;
  private static final int MAX_REPETITIONS = 1_000;
  private static final long MAX_UNROLLED = 20_000;
  private static final Pattern REPETITION =
      Pattern.compile("\\{\\s*(\\d*)\\s*(?:,\\s*(\\d*))?\\s*}");

  private GrammarBounds() {}

  static void require(String gbnf) throws GenerationRefusedException {
    if (gbnf.length() > MAX_CHARACTERS) {
      throw refused(gbnf.length() + " characters (expected: at most " + MAX_CHARACTERS + ")");
    }
    if (gbnf.indexOf('\0') >= 0) {
      throw refused("a NUL character (expected: text)");
    }
    int depth = 0;
    for (int index = 0; index < gbnf.length(); index++) {
      char character = gbnf.charAt(index);
      depth += character == '(' ? 1 : character == ')' ? -1 : 0;
      if (depth > MAX_NESTING) {
        throw refused("nested deeper than " + MAX_NESTING);
      }
    }
    requireRepetitions(gbnf);
  }

  /** Nested repetitions multiply, so the product of all of them is bounded too. */
  private static void requireRepetitions(String gbnf) throws GenerationRefusedException {
    Matcher matcher = REPETITION.matcher(gbnf);
    long unrolled = 1;
    while (matcher.find()) {
      for (int group = 1; group <= 2; group++) {
        String digits = matcher.group(group);
        if (digits == null || digits.isEmpty()) {
          continue;
        }
        if (digits.length() > 4 || Integer.parseInt(digits) > MAX_REPETITIONS) {
          throw refused("repeats " + digits + " times (expected: at most " + MAX_REPETITIONS + ")");
        }
        unrolled *= Math.max(1, Integer.parseInt(digits));
        if (unrolled > MAX_UNROLLED) {
          throw refused("its repetitions multiply to more than " + MAX_UNROLLED);
        }
      }
    }
  }

  private static GenerationRefusedException refused(String why) {
    return new GenerationRefusedException(EngineFault.Kind.INVALID_PARAMETER, "grammar: " + why);
  }
}
