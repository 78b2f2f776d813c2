package dev.hourglass.app.replay.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.replay.trace.TraceFormat.BadLine;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The Mooncake traces: one JSON object a line, {@code timestamp} in milliseconds.
 *
 * <p>They were published in batches of three seconds; a trace whose times are all whole batches
 * apart, but for some milliseconds, is spread evenly over them, always in the same way. Other times
 * are taken as they are.
 */
final class MooncakeLines implements TraceFormat.LineReader {
  private static final long BATCH_MILLIS = 3_000;

  /** The published times are a few milliseconds beside whole batches. */
  private static final long JITTER_MILLIS = 10;

  private static final long SEED = 20_250_225;
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final long MOST_MILLIS = 1L << 52;
  private static final long MOST_TOKENS = 1_000_000_000;

  private final ObjectReader reader =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);
  private final List<Trace.Request> requests = new ArrayList<>();
  private long firstMillis;
  private boolean batched = true;

  @Override
  public void take(int number, String line) throws BadLine {
    JsonNode object = object(line);
    long millis = number(object, "timestamp", MOST_MILLIS);
    if (requests.isEmpty()) {
      firstMillis = millis;
    }
    long beside = Math.floorMod(millis - firstMillis + JITTER_MILLIS, BATCH_MILLIS);
    batched &= beside <= 2 * JITTER_MILLIS;
    requests.add(
        new Trace.Request(
            (millis - firstMillis) / MILLIS_PER_SECOND,
            number(object, "input_length", MOST_TOKENS),
            number(object, "output_length", MOST_TOKENS),
            blockHashes(object)));
  }

  private JsonNode object(String line) throws BadLine {
    try {
      JsonNode object = reader.readValue(line);
      if (object.isObject()) {
        return object;
      }
    } catch (JsonProcessingException _) {
      // Told below: which character it was says less than the line does.
    }
    throw new BadLine("line", line, "a JSON object");
  }

  private static long number(JsonNode object, String field, long most) throws BadLine {
    JsonNode value = object.get(field);
    if (value == null
        || !value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0
        || value.longValue() > most) {
      throw new BadLine(
          field, value == null ? null : value.toString(), "a whole number, 0 to " + most);
    }
    return value.longValue();
  }

  private static List<Long> blockHashes(JsonNode object) throws BadLine {
    JsonNode hashes = object.get("hash_ids");
    if (hashes == null || !hashes.isArray() || hashes.isEmpty()) {
      throw new BadLine(
          "hash_ids",
          hashes == null ? null : hashes.toString(),
          "an array of at least one whole number");
    }
    List<Long> blocks = new ArrayList<>(hashes.size());
    for (JsonNode hash : hashes) {
      blocks.add(hash(hash));
    }
    return blocks;
  }

  private static long hash(JsonNode value) throws BadLine {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new BadLine("hash_ids", value.toString(), "whole numbers");
    }
    return value.longValue();
  }

  @Override
  public List<Trace.Request> requests() {
    return requests;
  }

  @Override
  public List<Trace.Request> finish() {
    if (batched) {
      SplittableRandom random = new SplittableRandom(SEED);
      requests.replaceAll(
          request -> request.earlier(-random.nextDouble() * BATCH_MILLIS / MILLIS_PER_SECOND));
    }
    return requests;
  }
}
