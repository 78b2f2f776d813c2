package dev.hourglass.protocol.request;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Feeds the parser whatever the fuzzer finds; in an ordinary build, the inputs kept beside this
 * class. Every body is read or refused with an {@link InvalidRequest}; nothing else may come out.
 *
 * <p>{@code JAZZER_FUZZ=1 mvn -pl protocol test -Dtest=RequestParserFuzzTest} searches for new
 * inputs.
 */
final class RequestParserFuzzTest {
  private final RequestParser parser = new RequestParser(new RequestLimits(1 << 20, 64, 16));

  @FuzzTest(maxDuration = "5m")
  void chatCompletion(byte[] body) {
    try {
      ChatCompletionRequest request = parser.chatCompletion(body);
      if (request.messages().isEmpty()) {
        throw new AssertionError("a conversation without messages was accepted");
      }
    } catch (InvalidRequest refusal) {
      requireMessage(refusal);
    }
  }

  @FuzzTest(maxDuration = "5m")
  void completion(byte[] body) {
    try {
      parser.completion(body);
    } catch (InvalidRequest refusal) {
      requireMessage(refusal);
    }
  }

  @FuzzTest(maxDuration = "5m")
  void createSession(byte[] body) {
    try {
      parser.createSession(body);
    } catch (InvalidRequest refusal) {
      requireMessage(refusal);
    }
  }

  private static void requireMessage(InvalidRequest refusal) {
    if (!refusal.getMessage().contains("(expected: ")) {
      throw new AssertionError("a refusal without expectation: " + refusal.getMessage());
    }
  }
}
