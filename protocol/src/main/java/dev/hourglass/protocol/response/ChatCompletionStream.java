package dev.hourglass.protocol.response;

import java.time.Instant;
import java.util.List;

/** The chunks of a streamed chat completion. */
public final class ChatCompletionStream implements AnswerStream {
  private final ChunkEnvelope envelope;

  public ChatCompletionStream(String id, Instant created, String model, boolean includeUsage) {
    this.envelope =
        new ChunkEnvelope(
            id,
            "chat.completion.chunk",
            created,
            model,
            includeUsage,
            "\"delta\":{\"content\":\"",
            "\"},\"logprobs\":null,\"finish_reason\":null");
  }

  @Override
  public byte[] opening() {
    return envelope.choice(json -> {
      json.writeObjectFieldStart("delta");
      json.writeStringField("role", "assistant");
      json.writeStringField("content", "");
      json.writeNullField("refusal");
      json.writeEndObject();
      json.writeNullField("logprobs");
      json.writeNullField("finish_reason");
    });
  }

  @Override
  public byte[] text(String text) {
    return envelope.text(text);
  }

  @Override
  public byte[] text(String text, List<TokenProbability> logprobs) {
    return envelope.choice(json -> {
      json.writeObjectFieldStart("delta");
      json.writeStringField("content", text);
      json.writeEndObject();
      TokenProbability.writeChatForm(json, logprobs);
      json.writeNullField("finish_reason");
    });
  }

  @Override
  public byte[] ending(FinishReason reason, Usage usage, SessionNote note) {
    return envelope.ending(
        json -> {
          json.writeObjectFieldStart("delta");
          json.writeEndObject();
          json.writeNullField("logprobs");
          json.writeStringField("finish_reason", reason.wireName());
        },
        usage,
        note);
  }
}
