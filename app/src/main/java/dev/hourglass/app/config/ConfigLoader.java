package dev.hourglass.app.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration from a file, the environment and flags, in rising order, and reports
 * every problem at once.
 */
public final class ConfigLoader {
  static final String VARIABLE_PREFIX = "HOURGLASS_";

  /** Variables of ours that are no configuration keys. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "HOURGLASS_API_KEY",
          "HOURGLASS_CLASSPATH",
          "HOURGLASS_CONFIG",
          "HOURGLASS_JAVA_HOME",
          "HOURGLASS_JAVA_OPTIONS",
          "HOURGLASS_JDK_PLACES",
          "HOURGLASS_URL");

  /**
   * Kubernetes sets such variables in every pod beside a service named hourglass; they are not
   * meant for us.
   */
  private static final Pattern SERVICE_LINK_NAME =
      Pattern.compile("HOURGLASS_(\\w+_)?(SERVICE_(HOST|PORT\\w*)|PORT_\\d+_(TCP|UDP)\\w*)");

  private static final Pattern SERVICE_LINK_VALUE = Pattern.compile("(tcp|udp)://.*");

  private final Map<String, ConfigKey<?>> keys =
      ConfigKeys.all().stream()
          .collect(
              Collectors.toMap(
                  ConfigKey::name, Function.identity(), (one, other) -> one, LinkedHashMap::new));

  private final Map<String, ConfigKey<?>> variables =
      ConfigKeys.all().stream()
          .collect(
              Collectors.toMap(
                  ConfigKey::environmentVariable,
                  Function.identity(),
                  (one, other) -> one,
                  LinkedHashMap::new));

  private final Map<String, String> environment;
  private final Path dataFolder;

  /**
   * @param dataFolder where durable data goes unless a source names another folder
   */
  public ConfigLoader(Map<String, String> environment, Path dataFolder) {
    this.environment = Map.copyOf(environment);
    this.dataFolder = dataFolder;
  }

  /**
   * Reads everything.
   *
   * @param flags values by key name, the strongest source
   * @throws ConfigException if anything is wrong
   */
  public HourglassConfig load(@Nullable Path file, Map<String, String> flags) {
    Settings settings = new Settings();
    if (file != null) {
      readFile(file, settings);
    }
    readEnvironment(settings);
    readFlags(flags, settings);
    settings.failOnProblems();
    return build(settings);
  }

  private void readFile(Path file, Settings settings) {
    String origin = file.getFileName() + ": ";
    try {
      JsonNode tree = yaml().readTree(Files.readString(file));
      if (!tree.isMissingNode() && !tree.isNull()) {
        readSection("", tree, origin, settings);
      }
    } catch (JsonProcessingException malformed) {
      settings.problem(
          origin
              + "line "
              + line(malformed)
              + ": "
              + malformed.getOriginalMessage().lines().findFirst().orElse("malformed"));
    } catch (IOException unreadable) {
      settings.problem(file + " (expected: a readable configuration file)");
    }
  }

  private static YAMLMapper yaml() {
    return new YAMLMapper(
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
  }

  private static String line(JsonProcessingException malformed) {
    return malformed.getLocation() == null ? "?" : "" + malformed.getLocation().getLineNr();
  }

  private void readSection(String path, JsonNode node, String origin, Settings settings) {
    if (keys.containsKey(path)) {
      read(path, keys.get(path), node, origin, settings);
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        readSection(
            path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
            field.getValue(),
            origin,
            settings);
      }
    } else if (!isSection(path)) {
      settings.problem(origin + unknown(path, keys.keySet()));
    } else if (!node.isNull()) {
      settings.problem(
          origin + (path.isEmpty() ? "the file" : path) + ": (expected: a section of keys)");
    }
  }

  private boolean isSection(String path) {
    return path.isEmpty() || keys.keySet().stream().anyMatch(name -> name.startsWith(path + "."));
  }

  private void readEnvironment(Settings settings) {
    for (Map.Entry<String, String> entry : new TreeMap<>(environment).entrySet()) {
      String variable = entry.getKey();
      ConfigKey<?> key = variables.get(variable);
      if (key != null && !SERVICE_LINK_VALUE.matcher(entry.getValue()).matches()) {
        read(variable, key, TextNode.valueOf(entry.getValue()), "", settings);
      } else if (key == null && isMeantForUs(variable, entry.getValue())) {
        settings.problem(unknown(variable, variables.keySet()));
      }
    }
  }

  private static boolean isMeantForUs(String variable, String value) {
    return variable.startsWith(VARIABLE_PREFIX)
        && !OTHER_VARIABLES.contains(variable)
        && !SERVICE_LINK_NAME.matcher(variable).matches()
        && !SERVICE_LINK_VALUE.matcher(value).matches();
  }

  private void readFlags(Map<String, String> flags, Settings settings) {
    flags.forEach((name, value) -> {
      ConfigKey<?> key = keys.get(name);
      if (key == null) {
        settings.problem(unknown(name, keys.keySet()));
      } else {
        read(name, key, TextNode.valueOf(value), "", settings);
      }
    });
  }

  private static void read(
      String name, ConfigKey<?> key, JsonNode node, String origin, Settings settings) {
    try {
      key.form().read(node);
      settings.put(key, node);
    } catch (ValueForm.Mismatch mismatch) {
      settings.problem(
          origin + name + (mismatch.problem().startsWith("[") ? "" : ": ") + mismatch.problem());
    }
  }

  private static String unknown(String name, Collection<String> known) {
    return name
        + ": unknown key"
        + NearestName.of(name, known).map(nearest -> " (did you mean " + nearest + "?)").orElse("");
  }

  private HourglassConfig build(Settings settings) {
    try {
      return new HourglassConfig(
          new HourglassConfig.Server(
              settings.get(ConfigKeys.SERVER_HOST),
              settings.get(ConfigKeys.SERVER_PORT),
              settings.get(ConfigKeys.SERVER_INSECURE),
              settings.get(ConfigKeys.SERVER_HEADER_TIMEOUT),
              settings.get(ConfigKeys.SERVER_IDLE_TIMEOUT),
              settings.get(ConfigKeys.SERVER_CONNECTIONS),
              settings.get(ConfigKeys.SERVER_BODY_TIMEOUT),
              settings.get(ConfigKeys.SERVER_SLOW_CLIENT_TIMEOUT),
              settings.get(ConfigKeys.SERVER_DRAIN_DEADLINE),
              settings.get(ConfigKeys.SERVER_TLS_CERTIFICATE).orElse(null),
              settings.get(ConfigKeys.SERVER_TLS_KEY).orElse(null),
              settings.get(ConfigKeys.SERVER_HTTP2)),
          new HourglassConfig.Limits(
              Math.toIntExact(settings.get(ConfigKeys.LIMITS_BODY)),
              Math.toIntExact(settings.get(ConfigKeys.LIMITS_HEADERS)),
              Math.toIntExact(settings.get(ConfigKeys.LIMITS_UNREAD)),
              settings.get(ConfigKeys.LIMITS_MESSAGES_PER_REQUEST),
              settings.get(ConfigKeys.LIMITS_TURNS_IN_FLIGHT),
              settings.get(ConfigKeys.LIMITS_QUEUE_PER_SESSION)),
          new HourglassConfig.Admission(
              settings.get(ConfigKeys.ADMISSION_SLOTS),
              settings.get(ConfigKeys.ADMISSION_LONGEST_WAIT),
              settings.get(ConfigKeys.ADMISSION_HORIZON),
              settings.get(ConfigKeys.ADMISSION_TICKET_GRACE),
              settings.get(ConfigKeys.ADMISSION_WAITING),
              settings.get(ConfigKeys.ADMISSION_TICKETS)),
          new HourglassConfig.Sessions(
              settings.get(ConfigKeys.SESSIONS_MOST),
              settings.get(ConfigKeys.SESSIONS_MOST_IMPLICIT),
              settings.get(ConfigKeys.SESSIONS_CONTEXT_TTL),
              settings.get(ConfigKeys.SESSIONS_CONTEXT_TTL_MOST),
              settings.get(ConfigKeys.SESSIONS_SWEEP_INTERVAL)),
          new HourglassConfig.Reservations(
              settings.get(ConfigKeys.RESERVATIONS_SESSIONS),
              settings.get(ConfigKeys.RESERVATIONS_HOLD_TTL),
              settings.get(ConfigKeys.RESERVATIONS_NO_SHOW_GRACE),
              settings.get(ConfigKeys.RESERVATIONS_LONGEST),
              settings.get(ConfigKeys.RESERVATIONS_HORIZON),
              settings.get(ConfigKeys.RESERVATIONS_MOST),
              settings.get(ConfigKeys.RESERVATIONS_MOST_PER_TENANT),
              settings.get(ConfigKeys.RESERVATIONS_ENDED),
              settings.get(ConfigKeys.RESERVATIONS_OVERBOOKING)),
          new HourglassConfig.Model(
              settings.get(ConfigKeys.MODEL_REF), settings.get(ConfigKeys.MODEL_ALIASES)),
          new HourglassConfig.Upstream(
              settings.get(ConfigKeys.UPSTREAM_URLS),
              settings.get(ConfigKeys.UPSTREAM_CREDENTIAL),
              settings.get(ConfigKeys.UPSTREAM_CONNECT_TIMEOUT),
              settings.get(ConfigKeys.UPSTREAM_STALL_TIMEOUT),
              settings.get(ConfigKeys.UPSTREAM_DEADLINE),
              settings.get(ConfigKeys.UPSTREAM_ROUTING),
              settings.get(ConfigKeys.UPSTREAM_CONNECTIONS)),
          pools(settings),
          new HourglassConfig.Engine(
              settings.get(ConfigKeys.ENGINE_CONTEXT_TOKENS),
              settings.get(ConfigKeys.ENGINE_KV_TOKENS),
              settings.get(ConfigKeys.ENGINE_SEQUENCES),
              settings.get(ConfigKeys.ENGINE_THREADS),
              settings.get(ConfigKeys.ENGINE_STEP_BUDGET),
              settings.get(ConfigKeys.ENGINE_QUEUE)),
          new HourglassConfig.Retention(
              settings.get(ConfigKeys.RETENTION_POLICY),
              settings.get(ConfigKeys.RETENTION_HOT_TTL),
              settings.get(ConfigKeys.RETENTION_COLD_TTL),
              settings.get(ConfigKeys.RETENTION_WARM),
              settings.get(ConfigKeys.RETENTION_COLD),
              settings.getIfNamed(ConfigKeys.RETENTION_COLD_FOLDER),
              new HourglassConfig.Destruction(
                  settings.get(ConfigKeys.DESTRUCTION_WORKERS),
                  settings.get(ConfigKeys.DESTRUCTION_BACKLOG),
                  settings.get(ConfigKeys.DESTRUCTION_TRIES),
                  settings.get(ConfigKeys.DESTRUCTION_FIRST_PAUSE),
                  settings.get(ConfigKeys.DESTRUCTION_LONGEST_PAUSE),
                  settings.get(ConfigKeys.DESTRUCTION_STAGE_DEADLINE),
                  settings.get(ConfigKeys.DESTRUCTION_HOOK_DEADLINE),
                  settings.get(ConfigKeys.DESTRUCTION_RECEIPTS))),
          new HourglassConfig.Activity(
              settings.get(ConfigKeys.ACTIVITY_WEIGHTS_DENSITY),
              settings.get(ConfigKeys.ACTIVITY_WEIGHTS_RESPONSIVENESS),
              settings.get(ConfigKeys.ACTIVITY_WEIGHTS_TOPIC_CONTINUITY),
              settings.get(ConfigKeys.ACTIVITY_QUEUE),
              settings.get(ConfigKeys.ACTIVITY_TOPICS),
              settings.get(ConfigKeys.ACTIVITY_CACHE)),
          new HourglassConfig.Embeddings(
              settings.get(ConfigKeys.EMBEDDINGS_TEXTS),
              settings.get(ConfigKeys.EMBEDDINGS_CHARACTERS),
              settings.get(ConfigKeys.EMBEDDINGS_WAITING)),
          new HourglassConfig.Store(
              settings.get(ConfigKeys.STORE_FOLDER, () -> dataFolder),
              settings.get(ConfigKeys.STORE_SYNCHRONOUS),
              settings.get(ConfigKeys.STORE_RECEIPTS),
              settings.get(ConfigKeys.STORE_ERASURE_DELAY)),
          settings.get(ConfigKeys.KEYS).stream()
              .map(source -> source.resolve(environment))
              .toList(),
          settings.get(ConfigKeys.LOG_LEVEL));
    } catch (ValueForm.Mismatch unresolved) {
      throw new ConfigException(List.of("keys" + unresolved.problem()));
    } catch (IllegalArgumentException contradiction) {
      throw new ConfigException(List.of(String.valueOf(contradiction.getMessage())));
    }
  }

  private List<HourglassConfig.Pool> pools(Settings settings) {
    try {
      return settings.get(ConfigKeys.POOLS).resolve(environment);
    } catch (ValueForm.Mismatch wrong) {
      throw new ConfigException(List.of("pools" + wrong.problem()));
    }
  }

  /** What the sources said, the strongest last, and what was wrong with it. */
  private static final class Settings {
    private final Map<ConfigKey<?>, JsonNode> values = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    void put(ConfigKey<?> key, JsonNode value) {
      values.put(key, value);
    }

    void problem(String problem) {
      problems.add(problem);
    }

    <T> T get(ConfigKey<T> key) {
      return get(key, key::defaultValue);
    }

    <T> @Nullable T getIfNamed(ConfigKey<T> key) {
      JsonNode value = values.get(key);
      return value == null ? null : key.form().read(value);
    }

    <T> T get(ConfigKey<T> key, Supplier<T> fallback) {
      JsonNode value = values.get(key);
      return value == null ? fallback.get() : key.form().read(value);
    }

    void failOnProblems() {
      if (!problems.isEmpty()) {
        throw new ConfigException(problems);
      }
    }
  }
}
