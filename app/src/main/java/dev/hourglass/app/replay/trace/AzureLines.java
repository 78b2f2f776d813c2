package dev.hourglass.app.replay.trace;

import dev.hourglass.app.replay.trace.TraceFormat.BadLine;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The Azure LLM inference traces: {@code TIMESTAMP,ContextTokens,GeneratedTokens}, times without a
 * zone or with that of UTC.
 */
final class AzureLines implements TraceFormat.LineReader {
  private static final String TIMESTAMP = "TIMESTAMP";
  private static final List<String> COLUMNS =
      List.of(TIMESTAMP, "ContextTokens", "GeneratedTokens");
  private static final Pattern COMMA = Pattern.compile(",", Pattern.LITERAL);
  private static final Pattern ZONE = Pattern.compile("(Z|\\+00:00)$");
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long MOST_TOKENS = 1_000_000_000;

  private final List<Trace.Request> requests = new ArrayList<>();
  private boolean headed;
  private Instant first = Instant.EPOCH;

  @Override
  public void take(int number, String line) throws BadLine {
    List<String> cells = Arrays.stream(COMMA.split(line, -1)).map(String::strip).toList();
    if (!headed) {
      if (!cells.equals(COLUMNS)) {
        throw new BadLine("header", line, String.join(",", COLUMNS));
      }
      headed = true;
      return;
    }
    if (cells.size() != COLUMNS.size()) {
      throw new BadLine("line", line, COLUMNS.size() + " fields");
    }
    requests.add(
        new Trace.Request(
            seconds(cells.getFirst()),
            tokens(1, cells.get(1)),
            tokens(2, cells.get(2)),
            List.of()));
  }

  private double seconds(String text) throws BadLine {
    try {
      LocalDateTime time =
          LocalDateTime.parse(
              ZONE.matcher(text).replaceFirst("").replace(' ', 'T'),
              DateTimeFormatter.ISO_LOCAL_DATE_TIME);
      // Counted from the first, so that fractions of a second keep their digits.
      Instant instant = time.toInstant(ZoneOffset.UTC);
      if (requests.isEmpty()) {
        first = instant;
      }
      Duration since = Duration.between(first, instant);
      return since.toSeconds() + since.toNanosPart() / NANOS_PER_SECOND;
    } catch (DateTimeParseException _) {
      throw new BadLine(TIMESTAMP, text, "yyyy-mm-dd hh:mm:ss.fraction");
    }
  }

  private static long tokens(int column, String text) throws BadLine {
    try {
      long tokens = Long.parseLong(text);
      if (tokens >= 0 && tokens <= MOST_TOKENS) {
        return tokens;
      }
    } catch (NumberFormatException _) {
      // Told below, like any other number that is none of tokens.
    }
    throw new BadLine(COLUMNS.get(column), text, "0 to " + MOST_TOKENS);
  }

  @Override
  public List<Trace.Request> requests() {
    return requests;
  }

  @Override
  public List<Trace.Request> finish() {
    return requests;
  }
}
