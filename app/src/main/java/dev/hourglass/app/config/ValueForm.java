package dev.hourglass.app.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the value of a key is written.
 *
 * @param <T> what it becomes
 */
sealed interface ValueForm<T> {

  /** Reads a value; a mismatch leaves as {@link Mismatch}. */
  T read(JsonNode value);

  /** The type in a word or two, for the documentation. */
  String type();

  /** What is accepted, in words that follow "expected:". */
  String expected();

  /** A value of the wrong form. The message says what is wrong, and is safe to print. */
  final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String problem;

    Mismatch(String problem) {
      super(problem);
      this.problem = problem;
    }

    String problem() {
      return problem;
    }
  }

  /** A whole number, both bounds included. */
  record WholeNumber(int least, int most) implements ValueForm<Integer> {
    @Override
    public Integer read(JsonNode value) {
      String text = scalar(value, this);
      try {
        long number = Long.parseLong(text.replace("_", ""));
        if (number >= least && number <= most) {
          return (int) number;
        }
      } catch (NumberFormatException notANumber) {
        throw mismatch(text, this);
      }
      throw mismatch(text, this);
    }

    @Override
    public String type() {
      return "whole number";
    }

    @Override
    public String expected() {
      return least + " to " + most;
    }
  }

  /** A duration such as {@code 250ms}, {@code 1800s}, {@code 30m}, {@code 2h} or {@code 7d}. */
  record Span(Duration least, Duration most) implements ValueForm<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h|d)");

    @Override
    public Duration read(JsonNode value) {
      String text = scalar(value, this);
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw mismatch(text, this);
      }
      long amount = Long.parseLong(matcher.group(1));
      Duration duration =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
          };
      if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
        throw mismatch(text, this);
      }
      return duration;
    }

    @Override
    public String type() {
      return "duration";
    }

    @Override
    public String expected() {
      return show(least) + " to " + show(most);
    }

    private static String show(Duration duration) {
      if (duration.toMillisPart() != 0) {
        return duration.toMillis() + "ms";
      }
      if (duration.isZero() || duration.toSecondsPart() != 0) {
        return duration.toSeconds() + "s";
      }
      if (duration.toMinutesPart() != 0) {
        return duration.toMinutes() + "m";
      }
      return duration.toHoursPart() != 0 ? duration.toHours() + "h" : duration.toDays() + "d";
    }
  }

  /** A number of bytes such as {@code 4096B}, {@code 64KiB}, {@code 4MiB} or {@code 2GiB}. */
  record ByteSize(long leastBytes, long mostBytes) implements ValueForm<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(B|KiB|MiB|GiB)");
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB");

    @Override
    public Long read(JsonNode value) {
      String text = scalar(value, this);
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw mismatch(text, this);
      }
      long bytes = Long.parseLong(matcher.group(1)) << (10 * UNITS.indexOf(matcher.group(2)));
      if (bytes < leastBytes || bytes > mostBytes) {
        throw mismatch(text, this);
      }
      return bytes;
    }

    @Override
    public String type() {
      return "size";
    }

    @Override
    public String expected() {
      return show(leastBytes) + " to " + show(mostBytes);
    }

    private static String show(long bytes) {
      int unit =
          bytes == 0 ? 0 : Math.min(Long.numberOfTrailingZeros(bytes) / 10, UNITS.size() - 1);
      return (bytes >> (10 * unit)) + UNITS.get(unit);
    }
  }

  /** Any text that is not blank. */
  record Text(String expected) implements ValueForm<String> {
    @Override
    public String read(JsonNode value) {
      String text = scalar(value, this).strip();
      if (text.isEmpty()) {
        throw mismatch(text, this);
      }
      return text;
    }

    @Override
    public String type() {
      return "text";
    }
  }

  /** A folder; {@code ~} is the user's home. */
  record Folder() implements ValueForm<Path> {
    @Override
    public Path read(JsonNode value) {
      String text = scalar(value, this).strip();
      if (text.isEmpty()) {
        throw mismatch(text, this);
      }
      if (text.equals("~") || text.startsWith("~/")) {
        text = System.getProperty("user.home") + text.substring(1);
      }
      return Path.of(text).toAbsolutePath().normalize();
    }

    @Override
    public String type() {
      return "folder";
    }

    @Override
    public String expected() {
      return "the path of a folder";
    }
  }

  /** A file in PEM form that can be read, or {@code none}. */
  record PemFile() implements ValueForm<Optional<Path>> {
    @Override
    public Optional<Path> read(JsonNode value) {
      String text = scalar(value, this).strip();
      if (text.equals("none")) {
        return Optional.empty();
      }
      Path file = Path.of(text).toAbsolutePath().normalize();
      if (text.isEmpty() || !Files.isReadable(file) || Files.isDirectory(file)) {
        throw mismatch(text, this);
      }
      return Optional.of(file);
    }

    @Override
    public String type() {
      return "file";
    }

    @Override
    public String expected() {
      return "a readable PEM file, or none";
    }
  }

  /** {@code true} or {@code false}. */
  record Toggle() implements ValueForm<Boolean> {
    @Override
    public Boolean read(JsonNode value) {
      String text = scalar(value, this);
      return switch (text) {
        case "true" -> true;
        case "false" -> false;
        default -> throw mismatch(text, this);
      };
    }

    @Override
    public String type() {
      return "true or false";
    }

    @Override
    public String expected() {
      return "true or false";
    }
  }

  /** One of the names of an enum, in lower case. */
  record Choice<E extends Enum<E>>(Class<E> choices) implements ValueForm<E> {
    @Override
    public E read(JsonNode value) {
      String text = scalar(value, this);
      for (E choice : choices.getEnumConstants()) {
        if (name(choice).equals(text)) {
          return choice;
        }
      }
      throw mismatch(text, this);
    }

    @Override
    public String type() {
      return "choice";
    }

    @Override
    public String expected() {
      return Arrays.stream(choices.getEnumConstants())
          .map(Choice::name)
          .collect(Collectors.joining(" or "));
    }

    private static String name(Enum<?> choice) {
      return choice.name().toLowerCase(Locale.ROOT);
    }
  }

  /** One of some names. */
  record OneOf(List<String> names) implements ValueForm<String> {
    public OneOf {
      names = List.copyOf(names);
    }

    @Override
    public String read(JsonNode value) {
      String text = scalar(value, this);
      if (!names.contains(text)) {
        throw mismatch(text, this);
      }
      return text;
    }

    @Override
    public String type() {
      return "choice";
    }

    @Override
    public String expected() {
      return String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
    }
  }

  /** A list of words: a YAML list, or one text with commas. */
  record Words(Pattern word, String expected) implements ValueForm<List<String>> {
    @Override
    public List<String> read(JsonNode value) {
      List<String> words = new ArrayList<>();
      if (value.isArray()) {
        value.forEach(element -> words.add(scalar(element, this)));
      } else {
        Arrays.stream(scalar(value, this).split(","))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .forEach(words::add);
      }
      for (String text : words) {
        if (!word.matcher(text).matches()) {
          throw mismatch(text, this);
        }
      }
      return List.copyOf(words);
    }

    @Override
    public String type() {
      return "list";
    }
  }

  /** Pools of servers: a YAML list, which {@link PoolSource} reads. */
  record Pools() implements ValueForm<PoolSource> {
    @Override
    public PoolSource read(JsonNode value) {
      if (value.isTextual() && value.asText().isBlank()) {
        return new PoolSource(JsonNodeFactory.instance.arrayNode());
      }
      if (!value.isArray()) {
        throw new Mismatch("… (expected: a YAML list in the configuration file)");
      }
      return new PoolSource(value);
    }

    @Override
    public String type() {
      return "list";
    }

    @Override
    public String expected() {
      return "entries of name, endpoints and more, see below";
    }
  }

  /**
   * API keys: a YAML list of {@code {tenant, sha256 | key_env | file}}, or one text {@code
   * tenant:sha256,tenant:sha256}. Messages never repeat what was written where a key is expected.
   */
  record ApiKeys() implements ValueForm<List<ApiKeySource>> {
    @Override
    public List<ApiKeySource> read(JsonNode value) {
      if (!value.isArray()) {
        return Arrays.stream(scalar(value, this).split(","))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .map(ApiKeys::pair)
            .toList();
      }
      List<ApiKeySource> sources = new ArrayList<>();
      for (int index = 0; index < value.size(); index++) {
        sources.add(source("[" + index + "]", value.get(index)));
      }
      return List.copyOf(sources);
    }

    private static ApiKeySource pair(String text) {
      int colon = text.indexOf(':');
      if (colon < 0) {
        throw new Mismatch("… (expected: tenant:sha256)");
      }
      return ApiKeySource.Hashed.of("", text.substring(0, colon), text.substring(colon + 1));
    }

    private static ApiKeySource source(String place, JsonNode entry) {
      Map<String, String> fields =
          entry.properties().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, field -> field.getValue().asText()));
      String tenant = fields.getOrDefault("tenant", "");
      if (fields.size() == 2 && fields.containsKey("tenant")) {
        if (fields.containsKey("sha256")) {
          return ApiKeySource.Hashed.of(place, tenant, fields.getOrDefault("sha256", ""));
        }
        if (fields.containsKey("key_env")) {
          return ApiKeySource.InEnvironment.of(place, tenant, fields.getOrDefault("key_env", ""));
        }
        if (fields.containsKey("file")) {
          return ApiKeySource.InFile.of(place, tenant, fields.getOrDefault("file", ""));
        }
      }
      throw new Mismatch(
          place
              + ": "
              + fields.keySet().stream().sorted().toList()
              + " (expected: tenant and one of sha256, key_env, file)");
    }

    @Override
    public String type() {
      return "list";
    }

    @Override
    public String expected() {
      return "entries of tenant and one of sha256, key_env, file";
    }
  }

  private static String scalar(JsonNode value, ValueForm<?> form) {
    if (!value.isValueNode() || value.isNull()) {
      throw mismatch(value.isNull() ? "nothing" : value.isArray() ? "a list" : "a section", form);
    }
    return value.asText();
  }

  private static Mismatch mismatch(String text, ValueForm<?> form) {
    return new Mismatch(
        (text.isEmpty() ? "nothing" : text) + " (expected: " + form.expected() + ")");
  }
}
