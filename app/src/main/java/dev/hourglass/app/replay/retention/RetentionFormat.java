package dev.hourglass.app.replay.retention;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A form in which traces of prompts in blocks are published: a JSON object a line, in the order in
 * which the requests were served.
 */
enum RetentionFormat {
  /** Mooncake: blocks of 512 tokens, times in milliseconds. */
  MOONCAKE(512, 1e-3),
  /** Bailian: blocks of 16 tokens, times in seconds. */
  BAILIAN(16, 1);

  private static final int MOST_REQUESTS = 5_000_000;

  private final int blockTokens;
  private final double secondsPerUnit;

  RetentionFormat(int blockTokens, double secondsPerUnit) {
    this.blockTokens = blockTokens;
    this.secondsPerUnit = secondsPerUnit;
  }

  /** Reads a trace; what is wrong with it is named by file, line and field. */
  BlockTrace read(Path file) throws ExpectedFailure {
    ObjectReader reader =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);
    List<BlockTrace.Prompt> prompts = new ArrayList<>();
    Map<Long, Integer> numbers = new HashMap<>();
    int line = 0;
    double first = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        line++;
        if (text.isBlank()) {
          continue;
        }
        String where = file + ":" + line + ": ";
        JsonNode object = object(reader, text, where);
        double seconds = number(object, "timestamp", where).doubleValue() * secondsPerUnit;
        first = prompts.isEmpty() ? seconds : first;
        prompts.add(
            new BlockTrace.Prompt(
                seconds - first,
                number(object, "input_length", where).longValue(),
                blocks(object, numbers, where)));
        if (prompts.size() > MOST_REQUESTS) {
          throw new ExpectedFailure(
              where + "more requests than that (expected: at most " + MOST_REQUESTS + ")");
        }
      }
    } catch (NoSuchFileException absent) {
      throw new ExpectedFailure("trace: " + file + " (expected: an existing file)", absent);
    } catch (IOException unreadable) {
      throw new ExpectedFailure("trace: " + file + " (expected: a readable text)", unreadable);
    }
    if (prompts.isEmpty()) {
      throw new ExpectedFailure("trace: " + file + " (expected: at least one request)");
    }
    return new BlockTrace(prompts, blockTokens, numbers.size());
  }

  private static JsonNode object(ObjectReader reader, String text, String where)
      throws ExpectedFailure {
    try {
      JsonNode object = reader.readValue(text);
      if (object.isObject()) {
        return object;
      }
    } catch (JsonProcessingException _) {
      // Told below: which character it was says less than the line does.
    }
    throw new ExpectedFailure(where + "no JSON object (expected: one on each line)");
  }

  private static JsonNode number(JsonNode object, String field, String where)
      throws ExpectedFailure {
    JsonNode value = object.path(field);
    if (!value.isNumber() || value.doubleValue() < 0 || value.doubleValue() > 1L << 52) {
      throw new ExpectedFailure(where + field + ": " + value + " (expected: a number, >= 0)");
    }
    return value;
  }

  private static int[] blocks(JsonNode object, Map<Long, Integer> numbers, String where)
      throws ExpectedFailure {
    JsonNode hashes = object.path("hash_ids");
    if (!hashes.isArray() || hashes.isEmpty()) {
      throw new ExpectedFailure(where + "hash_ids: none (expected: at least one whole number)");
    }
    int[] blocks = new int[hashes.size()];
    for (int place = 0; place < blocks.length; place++) {
      JsonNode hash = hashes.get(place);
      if (!hash.isIntegralNumber() || !hash.canConvertToLong()) {
        throw new ExpectedFailure(where + "hash_ids: " + hash + " (expected: whole numbers)");
      }
      blocks[place] = numbers.computeIfAbsent(hash.longValue(), _ -> numbers.size());
    }
    return blocks;
  }
}
