package dev.hourglass.app.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.app.config.HourglassConfig.Pool;
import dev.hourglass.app.config.HourglassConfig.PoolServer;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.engine.remote.RemoteSettings.Credential;
import dev.hourglass.engine.remote.ServerKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Pools as the file writes them. Messages name the entry and never repeat a credential.
 *
 * @param pools a YAML list
 */
record PoolSource(JsonNode pools) {
  private static final int MOST_POOLS = 100;
  private static final int MOST_SERVERS = 1_000;
  private static final int MOST_WEIGHT = 1_000;
  private static final int MOST_CAPACITY = 1_000_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern MODEL = Pattern.compile("[^\\s,]{1,256}");
  private static final Pattern URL = Pattern.compile("https?://[^\\s,@?#]{1,2000}");
  private static final Set<String> POOL_FIELDS =
      Set.of("name", "models", "aliases", "default", "routing", "endpoints");
  private static final Set<String> SERVER_FIELDS =
      Set.of(
          "url",
          "kind",
          "weight",
          "capacity",
          "credential_env",
          "credential_file",
          "ca_file",
          "insecure");

  /** Reads them, with the credentials that they point to. */
  List<Pool> resolve(Map<String, String> environment) {
    List<Pool> read = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> urls = new HashSet<>();
    for (int index = 0; index < pools.size(); index++) {
      Entry entry = new Entry("[" + index + "]", pools.get(index), POOL_FIELDS);
      Pool pool = pool(entry, environment);
      if (!names.add(pool.name())) {
        throw entry.mismatch("name", pool.name(), "a name of its own");
      }
      for (PoolServer server : pool.servers()) {
        if (!urls.add(server.url())) {
          throw entry.mismatch("endpoints", server.url(), "each server once, in all pools");
        }
      }
      read.add(pool);
    }
    if (read.size() > MOST_POOLS || urls.size() > MOST_SERVERS) {
      throw new ValueForm.Mismatch(
          ": %d pools with %d endpoints (expected: at most %d with %d)"
              .formatted(read.size(), urls.size(), MOST_POOLS, MOST_SERVERS));
    }
    return List.copyOf(read);
  }

  private static Pool pool(Entry entry, Map<String, String> environment) {
    List<String> models = entry.words("models");
    Map<String, String> aliases = entry.pairs("aliases");
    String standard = entry.text("default", "");
    aliases.forEach((alias, model) -> {
      if (!models.isEmpty() && !models.contains(model)) {
        throw entry.mismatch("aliases", alias + ": " + model, "one of the pool's models");
      }
    });
    if (!standard.isEmpty() && !models.isEmpty() && !models.contains(standard)) {
      throw entry.mismatch("default", standard, "one of the pool's models");
    }
    List<PoolServer> servers = new ArrayList<>();
    for (Entry server : entry.entries("endpoints", SERVER_FIELDS)) {
      servers.add(server(server, environment));
    }
    if (servers.isEmpty()) {
      throw entry.mismatch("endpoints", "none", "at least one");
    }
    return new Pool(
        entry.matching("name", NAME, "1 to 64 letters, digits, '.', '_' or '-'"),
        models,
        aliases,
        standard.isEmpty() ? null : standard,
        entry.choice(
            "routing",
            RoutingStrategy.SESSION.wireName(),
            Arrays.stream(RoutingStrategy.values()).map(RoutingStrategy::wireName).toList()),
        servers);
  }

  private static PoolServer server(Entry entry, Map<String, String> environment) {
    List<String> kinds =
        new ArrayList<>(Arrays.stream(ServerKind.values()).map(ServerKind::wireName).toList());
    kinds.add("auto");
    String kind = entry.choice("kind", "auto", kinds);
    return new PoolServer(
        entry.matching("url", URL, "an address such as http://127.0.0.1:8000/v1"),
        kind.equals("auto") ? null : ServerKind.ofName(kind).orElseThrow(),
        entry.number("weight", 1, MOST_WEIGHT),
        (int) entry.number("capacity", 0, MOST_CAPACITY),
        credential(entry, environment),
        entry.has("ca_file") ? Path.of(entry.text("ca_file", "")) : null,
        Boolean.parseBoolean(entry.choice("insecure", "false", List.of("true", "false"))));
  }

  private static @Nullable Credential credential(Entry entry, Map<String, String> environment) {
    if (entry.has("credential_env") && entry.has("credential_file")) {
      throw entry.mismatch("credential_file", "beside credential_env", "one of them");
    }
    if (entry.has("credential_env")) {
      String variable = entry.text("credential_env", "");
      String secret = environment.getOrDefault(variable, "").strip();
      if (secret.isEmpty()) {
        throw entry.mismatch("credential_env", variable, "a variable that is set");
      }
      return credential(entry, "credential_env", secret);
    }
    if (!entry.has("credential_file")) {
      return null;
    }
    String file = entry.text("credential_file", "");
    try (var lines = Files.lines(Path.of(file))) {
      String secret = lines.findFirst().map(String::strip).orElse("");
      if (!secret.isEmpty()) {
        return credential(entry, "credential_file", secret);
      }
    } catch (IOException | UncheckedIOException unreadable) {
      throw entry.mismatch("credential_file", file, "a readable file");
    }
    throw entry.mismatch("credential_file", file, "a secret in its first line");
  }

  private static Credential credential(Entry entry, String field, String secret) {
    try {
      return new Credential(secret);
    } catch (IllegalArgumentException unusable) {
      throw entry.mismatch(field, secret.length() + " characters", "visible ASCII characters");
    }
  }

  /** One entry of a list. */
  private record Entry(String place, JsonNode node, Set<String> fields) {
    private Entry {
      if (!node.isObject()) {
        throw new ValueForm.Mismatch(place + ": (expected: an entry of " + sorted(fields) + ")");
      }
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        if (!fields.contains(field.getKey())) {
          throw new ValueForm.Mismatch(
              place
                  + "."
                  + field.getKey()
                  + ": unknown key"
                  + NearestName.of(field.getKey(), fields)
                      .map(nearest -> " (did you mean " + nearest + "?)")
                      .orElse(" (expected: one of " + sorted(fields) + ")"));
        }
      }
    }

    private static String sorted(Set<String> names) {
      return names.stream().sorted().collect(Collectors.joining(", "));
    }

    ValueForm.Mismatch mismatch(String field, String value, String expected) {
      return new ValueForm.Mismatch(
          "%s.%s: %s (expected: %s)".formatted(place, field, value, expected));
    }

    boolean has(String field) {
      return node.hasNonNull(field);
    }

    String text(String field, String otherwise) {
      JsonNode value = node.path(field);
      if (value.isMissingNode() || value.isNull()) {
        return otherwise;
      }
      if (!value.isValueNode()) {
        throw mismatch(field, "a list or section", "one value");
      }
      return value.asText().strip();
    }

    String matching(String field, Pattern form, String expected) {
      String text = text(field, "");
      if (!form.matcher(text).matches()) {
        // Whatever stands before an @ of an address may be a password.
        throw mismatch(field, text.replaceFirst("//.*@", "//…@"), expected);
      }
      return text;
    }

    String choice(String field, String otherwise, List<String> choices) {
      String text = text(field, otherwise);
      if (!choices.contains(text)) {
        throw mismatch(field, text, "one of " + String.join(", ", choices));
      }
      return text;
    }

    /** A number above 0 and up to a bound; the given one where none stands there. */
    double number(String field, double otherwise, double most) {
      String text = text(field, "");
      if (text.isEmpty()) {
        return otherwise;
      }
      try {
        double number = Double.parseDouble(text);
        if (number > 0 && number <= most) {
          return number;
        }
      } catch (NumberFormatException notANumber) {
        throw mismatch(field, text, "above 0 and at most " + (long) most);
      }
      throw mismatch(field, text, "above 0 and at most " + (long) most);
    }

    List<String> words(String field) {
      List<String> words = new ArrayList<>();
      JsonNode value = node.path(field);
      if (value.isTextual()) {
        words.add(value.asText());
      } else if (!value.isMissingNode() && !value.isNull() && !value.isArray()) {
        throw mismatch(field, "a section", "a list of names");
      }
      value.forEach(word -> words.add(word.asText()));
      for (String word : words) {
        if (!MODEL.matcher(word).matches()) {
          throw mismatch(field, word, "names without blanks and commas");
        }
      }
      return List.copyOf(words);
    }

    Map<String, String> pairs(String field) {
      JsonNode value = node.path(field);
      if (!value.isMissingNode() && !value.isNull() && !value.isObject()) {
        throw mismatch(field, "no section", "entries such as gpt-4o-mini: llama-3-8b");
      }
      Map<String, String> pairs = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> pair : value.properties()) {
        pairs.put(pair.getKey(), pair.getValue().asText());
      }
      return pairs;
    }

    List<Entry> entries(String field, Set<String> known) {
      JsonNode value = node.path(field);
      List<Entry> entries = new ArrayList<>();
      for (int index = 0; value.isArray() && index < value.size(); index++) {
        entries.add(new Entry(place + "." + field + "[" + index + "]", value.get(index), known));
      }
      return entries;
    }
  }
}
