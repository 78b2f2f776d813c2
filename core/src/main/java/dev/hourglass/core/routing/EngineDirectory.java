package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Knows which engine serves which model; the first engine is the default. */
public final class EngineDirectory {
  private final SequencedMap<String, Engine> byModel;
  private final Map<String, String> modelByAlias;

  /**
   * Creates a directory.
   *
   * @param engines at least one, with models that differ
   * @param modelByAlias further names of those models
   */
  public EngineDirectory(List<Engine> engines, Map<String, String> modelByAlias) {
    byModel = new LinkedHashMap<>();
    for (Engine engine : engines) {
      if (byModel.putIfAbsent(engine.info().model(), engine) != null) {
        throw new IllegalArgumentException(
            "model: " + engine.info().model() + " (expected: one engine for each model)");
      }
    }
    if (byModel.isEmpty()) {
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
      return Optional.of(byModel.firstEntry().getKey());
    }
    String model = modelByAlias.getOrDefault(name, name);
    return byModel.containsKey(model) ? Optional.of(model) : Optional.empty();
  }

  /** The engine of a model that {@link #resolve} named. */
  public Engine engineFor(String model) {
    Engine engine = byModel.get(model);
    if (engine == null) {
      throw new IllegalArgumentException(
          "model: " + model + " (expected: one of " + byModel.keySet() + ")");
    }
    return engine;
  }

  public Collection<Engine> engines() {
    return List.copyOf(byModel.values());
  }
}
