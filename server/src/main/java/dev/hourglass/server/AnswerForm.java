package dev.hourglass.server;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.response.AnswerStream;
import dev.hourglass.protocol.response.ChatCompletion;
import dev.hourglass.protocol.response.ChatCompletionStream;
import dev.hourglass.protocol.response.TextCompletion;
import dev.hourglass.protocol.response.TextCompletionStream;
import dev.hourglass.protocol.response.TokenProbability;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an answer looks on the wire, as its request asked.
 *
 * @param kind of request
 * @param id of the answer
 * @param includeUsage whether a stream tells its usage
 * @param withLogprobs whether log probabilities were asked for
 * @param byToken whether a session token opened the session
 */
record AnswerForm(
    Kind kind,
    String id,
    Instant created,
    boolean includeUsage,
    boolean withLogprobs,
    boolean byToken) {
  /** Which endpoint the request came to. */
  enum Kind {
    CHAT,
    PLAIN
  }

  /** Tells in headers which session answers, and whether it had to be compressed. */
  void announce(Exchange exchange, SessionId session, PromptUsage usage) {
    String sessionId = sessionId(session);
    if (sessionId != null) {
      exchange.setHeader("X-Session-Id", sessionId);
    }
    if (usage.compressedMessages() > 0) {
      exchange.setHeader(
          "X-Hourglass-Compressed-Messages", Integer.toString(usage.compressedMessages()));
    }
  }

  /** The session as the client may know it; a plain completion's ends with the answer. */
  @Nullable String sessionId(SessionId session) {
    return kind == Kind.CHAT ? session.value() : null;
  }

  AnswerStream stream(String model) {
    return switch (kind) {
      case CHAT -> new ChatCompletionStream(id, created, model, includeUsage);
      case PLAIN -> new TextCompletionStream(id, created, model, includeUsage);
    };
  }

  byte[] whole(
      String model,
      String text,
      List<TokenProbability> logprobs,
      @Nullable String sessionId,
      TurnEnd.Completed end) {
    List<TokenProbability> told = withLogprobs ? logprobs : null;
    return switch (kind) {
      case CHAT ->
          new ChatCompletion(
                  id,
                  created,
                  model,
                  text,
                  CoreTerms.finishReason(end.reason()),
                  told,
                  CoreTerms.usage(end.usage()),
                  CoreTerms.note(sessionId, end))
              .toJson();
      case PLAIN ->
          new TextCompletion(
                  id,
                  created,
                  model,
                  text,
                  CoreTerms.finishReason(end.reason()),
                  told,
                  CoreTerms.usage(end.usage()),
                  CoreTerms.note(sessionId, end))
              .toJson();
    };
  }
}
