package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * What an answer cost, in tokens.
 *
 * @param cachedTokens tokens of the prompt that were not computed again
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {
  void writeTo(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("prompt_tokens", promptTokens);
    json.writeNumberField("completion_tokens", completionTokens);
    json.writeNumberField("total_tokens", promptTokens + completionTokens);
    json.writeObjectFieldStart("prompt_tokens_details");
    json.writeNumberField("cached_tokens", cachedTokens);
    json.writeEndObject();
    json.writeEndObject();
  }
}
