package dev.hourglass.core.engine;

import java.util.List;

/**
 * A piece of the answer; never part of a character, never part of a stop text.
 *
 * @param text may be empty when only log probabilities are reported
 * @param logprobs one entry for each token in the piece; empty unless asked for
 */
public record TextDelta(String text, List<TokenLogprob> logprobs) {
  public TextDelta {
    logprobs = List.copyOf(logprobs);
  }
}
