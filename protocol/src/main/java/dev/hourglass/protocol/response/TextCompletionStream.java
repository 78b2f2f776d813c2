package dev.hourglass.protocol.response;

import java.time.Instant;
import java.util.List;

/** The chunks of a streamed plain completion. */
public final class TextCompletionStream implements AnswerStream {
  private final ChunkEnvelope envelope;
  private int characters;

  public TextCompletionStream(String id, Instant created, String model, boolean includeUsage) {
    this.envelope =
        new ChunkEnvelope(
            id,
            "text_completion",
            created,
            model,
            includeUsage,
            "\"text\":\"",
            "\",\"logprobs\":null,\"finish_reason\":null");
  }

  /** Nothing: plain completions have no role to tell. */
  @Override
  public byte[] opening() {
    return new byte[0];
  }

  @Override
  public byte[] text(String text) {
    characters += text.length();
    return envelope.text(text);
  }

  @Override
  public byte[] text(String text, List<TokenProbability> logprobs) {
    int offset = characters;
    characters += text.length();
    return envelope.choice(json -> {
      json.writeStringField("text", text);
      TokenProbability.writePlainForm(json, logprobs, offset);
      json.writeNullField("finish_reason");
    });
  }

  @Override
  public byte[] ending(FinishReason reason, Usage usage, SessionNote note) {
    return envelope.ending(
        json -> {
          json.writeStringField("text", "");
          json.writeNullField("logprobs");
          json.writeStringField("finish_reason", reason.wireName());
        },
        usage,
        note);
  }
}
