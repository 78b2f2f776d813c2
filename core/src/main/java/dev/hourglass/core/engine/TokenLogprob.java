package dev.hourglass.core.engine;

import java.util.List;

/**
 * How likely a chosen token was.
 *
 * @param piece the token's bytes, which may be part of a character
 * @param logprob natural logarithm of its probability under the model, before sampling filters
 * @param alternatives the likeliest tokens at this place, likeliest first, without alternatives of
 *     their own
 */
public record TokenLogprob(TokenPiece piece, double logprob, List<Alternative> alternatives) {
  public TokenLogprob {
    alternatives = List.copyOf(alternatives);
  }

  /** Another token that could have stood at the place. */
  public record Alternative(TokenPiece piece, double logprob) {}
}
