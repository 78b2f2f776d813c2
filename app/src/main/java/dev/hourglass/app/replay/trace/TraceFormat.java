package dev.hourglass.app.replay.trace;

import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A form in which traces are published. */
public enum TraceFormat {
  /** A JSON object a line, with prefix-chained hashes of 512-token blocks. */
  MOONCAKE(true) {
    @Override
    LineReader lines() {
      return new MooncakeLines();
    }
  },

  /** CSV: when, and how many tokens. */
  AZURE(false) {
    @Override
    LineReader lines() {
      return new AzureLines();
    }
  };

  /** More than any published trace has; a bound all the same. */
  private static final int MOST_REQUESTS = 5_000_000;

  private static final int MOST_SECONDS = 31 * 86_400;

  private final boolean hasSessions;

  TraceFormat(boolean hasSessions) {
    this.hasSessions = hasSessions;
  }

  abstract LineReader lines();

  /** Reads a trace; what is wrong with it is named by file, line and field. */
  public Trace read(Path file) throws ExpectedFailure {
    LineReader lines = lines();
    int number = 0;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          lines.take(number, line);
        }
        if (lines.requests().size() > MOST_REQUESTS) {
          throw new BadLine("trace", "more requests than that", "at most " + MOST_REQUESTS);
        }
      }
    } catch (BadLine bad) {
      throw new ExpectedFailure(file + ":" + number + ": " + bad.getMessage(), bad);
    } catch (NoSuchFileException absent) {
      throw new ExpectedFailure("trace: " + file + " (expected: an existing file)", absent);
    } catch (CharacterCodingException binary) {
      throw new ExpectedFailure("trace: " + file + " (expected: text in UTF-8)", binary);
    } catch (IOException unreadable) {
      throw new ExpectedFailure("trace: " + file + " (expected: a readable file)", unreadable);
    }
    return trace(file, lines.finish());
  }

  private Trace trace(Path file, List<Trace.Request> requests) throws ExpectedFailure {
    if (requests.isEmpty()) {
      throw new ExpectedFailure("trace: " + file + " (expected: at least one request)");
    }
    List<Trace.Request> ordered = new ArrayList<>(requests);
    ordered.sort(Comparator.comparingDouble(Trace.Request::arrivalSeconds));
    double first = ordered.getFirst().arrivalSeconds();
    double seconds = ordered.getLast().arrivalSeconds() - first;
    if (seconds > MOST_SECONDS) {
      throw new ExpectedFailure(
          "trace: " + file + ": spans " + (long) seconds + " s (expected: at most 31 days)");
    }
    ordered.replaceAll(request -> request.earlier(first));
    return new Trace(ordered, hasSessions);
  }

  /** Takes the lines of one trace, in their order. */
  interface LineReader {
    void take(int number, String line) throws BadLine;

    /** Those read so far. */
    List<Trace.Request> requests();

    /** All of them, once the last line is read. */
    List<Trace.Request> finish();
  }

  /** A line that is not what its format says. */
  static final class BadLine extends Exception {
    private static final long serialVersionUID = 1;
    private static final int SHOWN_CHARACTERS = 60;

    BadLine(String field, @Nullable String value, String expected) {
      super(field + ": " + shown(value) + " (expected: " + expected + ")");
    }

    private static String shown(@Nullable String value) {
      if (value == null) {
        return "missing";
      }
      return value.length() <= SHOWN_CHARACTERS
          ? value
          : value.substring(0, SHOWN_CHARACTERS) + "…";
    }
  }
}
