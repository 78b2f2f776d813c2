package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * How active a session is: three parts from 0 to 1 and their weighted mean.
 *
 * @param topicMeasure what continuity was measured with, such as {@code lexical}; {@code none}
 *     where it could not be yet
 */
public record ActivityDescription(
    double score,
    double density,
    double responsiveness,
    double topicContinuity,
    String topicMeasure) {
  private static final double THOUSANDTHS = 1_000;

  void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeNumberField("score", rounded(score));
    json.writeNumberField("density", rounded(density));
    json.writeNumberField("responsiveness", rounded(responsiveness));
    json.writeNumberField("topic_continuity", rounded(topicContinuity));
    json.writeStringField("topic_measure", topicMeasure);
    json.writeEndObject();
  }

  private static double rounded(double value) {
    return Math.round(value * THOUSANDTHS) / THOUSANDTHS;
  }
}
