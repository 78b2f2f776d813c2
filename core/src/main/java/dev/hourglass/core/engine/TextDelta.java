package dev.hourglass.core.engine;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the answer; never part of a character, never part of a stop text.
 *
 * @param text may be empty when only log probabilities are reported
 * @param logprobs one entry for each token in the piece; empty unless asked for
 * @param original the bytes that a remote engine's server answered, of which {@code text} is the
 *     text; {@code null} where the answer is to be put in form here. Read without moving its
 *     position
 */
public record TextDelta(String text, List<TokenLogprob> logprobs, @Nullable ByteBuffer original) {
  public TextDelta {
    logprobs = List.copyOf(logprobs);
  }

  /** A piece that is put in form here. */
  public TextDelta(String text, List<TokenLogprob> logprobs) {
    this(text, logprobs, null);
  }
}
