package dev.hourglass.protocol.response;

import java.util.List;

/**
 * One answer as a series of server-sent events: {@code opening? text* finish usage? done}. Events
 * are returned, framed, in the order in which they are to be sent. Not thread-safe.
 */
public sealed interface AnswerStream permits ChatCompletionStream, TextCompletionStream {
  /** What comes before any text; may be empty. */
  byte[] opening();

  /** A piece of the answer. */
  byte[] text(String text);

  /** A piece of the answer with the probabilities of its tokens. */
  byte[] text(String text, List<TokenProbability> logprobs);

  /**
   * Everything after the last text, {@code [DONE]} included. The note is part of the last chunk,
   * which is the usage chunk where one was asked for.
   */
  byte[] ending(FinishReason reason, Usage usage, SessionNote note);

  /**
   * An error instead of the rest. Nothing follows it, so a client never takes the answer for whole.
   */
  static byte[] failure(ErrorBody error) {
    return ServerSentEvent.of(error.toJson());
  }
}
