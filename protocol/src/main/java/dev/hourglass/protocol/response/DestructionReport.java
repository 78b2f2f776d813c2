package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The receipt of a destroyed session.
 *
 * @param stages in the order they ran
 * @param residueKvTokens KV tokens counted in the engine afterwards; {@code null} where the engine
 *     cannot tell
 * @param textLeft whether erased text may still be in the store's files
 */
public record DestructionReport(
    String sessionId,
    String reason,
    Instant startedAt,
    List<Stage> stages,
    @Nullable Integer residueKvTokens,
    boolean textLeft) {
  public DestructionReport {
    stages = List.copyOf(stages);
  }

  /** One step: {@code outcome} is {@code applied}, {@code unsupported} or {@code failed}. */
  public record Stage(String stage, String outcome, Duration took) {}

  public byte[] toJson() {
    return JsonBytes.of(this::writeTo);
  }

  /** The body of {@code GET /v1/receipts}. */
  public static byte[] listToJson(List<DestructionReport> receipts) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (DestructionReport receipt : receipts) {
        receipt.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("session_id", sessionId);
    json.writeStringField("reason", reason);
    JsonBytes.writeSeconds(json, "started_at", startedAt);
    json.writeArrayFieldStart("stages");
    for (Stage stage : stages) {
      json.writeStartObject();
      json.writeStringField("stage", stage.stage);
      json.writeStringField("outcome", stage.outcome);
      json.writeNumberField("millis", stage.took.toNanos() / 1e6);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("residue");
    if (residueKvTokens == null) {
      json.writeNullField("kv_tokens");
    } else {
      json.writeNumberField("kv_tokens", residueKvTokens);
    }
    json.writeBooleanField("text", textLeft);
    json.writeEndObject();
    json.writeEndObject();
  }

  /**
   * The body of a 202: destruction goes on.
   *
   * @param receiptAddress where the receipt will be
   */
  public static byte[] pendingToJson(String sessionId, String receiptAddress) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("session_id", sessionId);
      json.writeStringField("state", "terminating");
      json.writeStringField("receipt", receiptAddress);
      json.writeEndObject();
    });
  }
}
