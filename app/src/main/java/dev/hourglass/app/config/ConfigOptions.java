package dev.hourglass.app.config;

import dev.hourglass.app.host.Surroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that reads the configuration. */
public final class ConfigOptions {
  private static final String FILE_NAME = "hourglass.yaml";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Configuration file (default: ./hourglass.yaml, or the one in ~/.config/hourglass).")
  private @Nullable Path file;

  @Option(names = "--port", paramLabel = "PORT", description = "server.port (default: 8080).")
  private @Nullable String port;

  @Option(names = "--host", paramLabel = "HOST", description = "server.host (default: 127.0.0.1).")
  private @Nullable String host;

  @Option(names = "--data", paramLabel = "DIR", description = "store.folder.")
  private @Nullable String data;

  @Option(
      names = "--model",
      paramLabel = "REF",
      description = "model.ref: default, a .gguf file, https://… or hf:org/repo/file.gguf.")
  private @Nullable String model;

  @Option(
      names = "--upstream",
      paramLabel = "URL",
      description =
          "upstream.urls: a server of the OpenAI API, such as http://127.0.0.1:8000/v1; may be"
              + " repeated. No local model is loaded.")
  private List<String> upstreams = new ArrayList<>();

  @Option(names = "--insecure", description = "server.insecure: serve others without API keys.")
  private boolean insecure;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any key of docs/configuration.md; may be repeated.")
  private Map<String, String> others = new LinkedHashMap<>();

  /** Reads the configuration. */
  public HourglassConfig load(Surroundings surroundings) {
    return load(surroundings, Map.of());
  }

  /**
   * Reads the configuration, with some keys set to values that are stronger than every source.
   *
   * @param decided values by key name
   */
  public HourglassConfig load(Surroundings surroundings, Map<String, String> decided) {
    Map<String, String> flags = flags();
    flags.putAll(decided);
    return new ConfigLoader(surroundings.environment(), surroundings.folders().data())
        .load(file(surroundings).orElse(null), flags);
  }

  /** The file that is read: the one that was named, or the first that exists. */
  public Optional<Path> file(Surroundings surroundings) {
    if (file != null) {
      return Optional.of(file);
    }
    Optional<Path> named = surroundings.variable("HOURGLASS_CONFIG").map(Path::of);
    return named.or(() ->
        Stream.of(Path.of(FILE_NAME), surroundings.folders().config().resolve(FILE_NAME))
            .map(Path::toAbsolutePath)
            .filter(Files::isRegularFile)
            .findFirst());
  }

  private Map<String, String> flags() {
    Map<String, String> flags = new LinkedHashMap<>(others);
    List.of(
            new Flag(ConfigKeys.SERVER_PORT, port),
            new Flag(ConfigKeys.SERVER_HOST, host),
            new Flag(ConfigKeys.STORE_FOLDER, data),
            new Flag(ConfigKeys.MODEL_REF, model),
            new Flag(
                ConfigKeys.UPSTREAM_URLS, upstreams.isEmpty() ? null : String.join(",", upstreams)),
            new Flag(ConfigKeys.SERVER_INSECURE, insecure ? "true" : null))
        .forEach(flag -> {
          if (flag.value() != null) {
            flags.put(flag.key().name(), flag.value());
          }
        });
    return flags;
  }

  private record Flag(ConfigKey<?> key, @Nullable String value) {}
}
