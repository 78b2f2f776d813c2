package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Knows which engine serves which model; the first engine is the default. Where servers do not list
 * their models, any name has an engine.
 */
public final class EngineDirectory {
  private static final int MOST_UNLISTED = 1_000;

  private final SequencedMap<String, Engine> byModel;
  private final Map<String, String> modelByAlias;
  private final @Nullable Function<String, Engine> unlisted;

  /** Engines of names that nobody listed; bounded. */
  private final Map<String, Engine> byName = new ConcurrentHashMap<>();

  /**
   * Creates a directory.
   *
   * @param engines at least one, with models that differ
   * @param modelByAlias further names of those models
   */
  public EngineDirectory(List<Engine> engines, Map<String, String> modelByAlias) {
    this(engines, modelByAlias, null);
  }

  /**
   * Creates a directory.
   *
   * @param engines with models that differ
   * @param modelByAlias further names of those models
   * @param unlisted makes the engine for a name that is none of theirs; {@code null} where there
   *     are no other models, and then there is at least one engine
   */
  public EngineDirectory(
      List<Engine> engines,
      Map<String, String> modelByAlias,
      @Nullable Function<String, Engine> unlisted) {
    this.unlisted = unlisted;
    byModel = new LinkedHashMap<>();
    for (Engine engine : engines) {
      if (byModel.putIfAbsent(engine.info().model(), engine) != null) {
        throw new IllegalArgumentException(
            "model: " + engine.info().model() + " (expected: one engine for each model)");
      }
    }
    if (byModel.isEmpty() && unlisted == null) {
      throw new IllegalArgumentException("engines: none (expected: at least one)");
    }
    this.modelByAlias = Map.copyOf(modelByAlias);
    this.modelByAlias.forEach((alias, model) -> {
      if (!byModel.containsKey(model)) {
        throw new IllegalArgumentException(
            "alias " + alias + ": " + model + " (expected: one of " + byModel.keySet() + ")");
      }
    });
  }

  /** The model that a client's name stands for: the default for none, empty for an unknown one. */
  public Optional<String> resolve(@Nullable String name) {
    if (name == null) {
      return Optional.ofNullable(byModel.firstEntry()).map(Map.Entry::getKey);
    }
    String model = modelByAlias.getOrDefault(name, name);
    return byModel.containsKey(model) || isUnlisted(model) ? Optional.of(model) : Optional.empty();
  }

  private boolean isUnlisted(String model) {
    return unlisted != null && (byName.containsKey(model) || byName.size() < MOST_UNLISTED);
  }

  /** Whether the engine of a client's name for a model takes the client's request as it came. */
  public boolean relays(@Nullable String name) {
    return resolve(name).map(model -> engineFor(model).relays()).orElse(false);
  }

  /** Whether any engine takes a client's request as it came. */
  public boolean relaysAny() {
    return unlisted != null || byModel.values().stream().anyMatch(Engine::relays);
  }

  /** The engine of a model that {@link #resolve} named. */
  public Engine engineFor(String model) {
    Engine engine = byModel.get(model);
    if (engine == null && unlisted != null) {
      return byName.computeIfAbsent(model, unlisted);
    }
    if (engine == null) {
      throw new IllegalArgumentException(
          "model: " + model + " (expected: one of " + byModel.keySet() + ")");
    }
    return engine;
  }

  public Collection<Engine> engines() {
    List<Engine> engines = new ArrayList<>(byModel.values());
    engines.addAll(byName.values());
    return engines;
  }
}
