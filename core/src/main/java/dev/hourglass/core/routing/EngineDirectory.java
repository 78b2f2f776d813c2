package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
 *
 * <p>What is served may change: a model that is gone is resolved no longer, while its engine is
 * still found by whoever has to do with what it holds.
 */
public final class EngineDirectory {
  private static final int MOST_UNLISTED = 1_000;

  private final @Nullable Function<String, Engine> unlisted;

  /** Engines of names that nobody listed; bounded. */
  private final Map<String, Engine> byName = new ConcurrentHashMap<>();

  private volatile Known known;

  /**
   * What is known at one moment.
   *
   * @param names of served models, by their own names too: whoever keeps a model's name keeps this
   *     one rather than a client's copy of it
   * @param gone engines of models that were served; bounded by whoever calls {@link #serve}
   */
  private record Known(
      SequencedMap<String, Engine> served, Map<String, String> names, Map<String, Engine> gone) {
    static Known of(
        List<Engine> engines, Map<String, String> modelByAlias, Map<String, Engine> before) {
      SequencedMap<String, Engine> served = new LinkedHashMap<>();
      for (Engine engine : engines) {
        if (served.putIfAbsent(engine.info().model(), engine) != null) {
          throw new IllegalArgumentException(
              "model: " + engine.info().model() + " (expected: one engine for each model)");
        }
      }
      Map<String, String> names = new HashMap<>();
      served.keySet().forEach(model -> names.put(model, model));
      modelByAlias.forEach((alias, model) -> {
        if (!served.containsKey(model)) {
          throw new IllegalArgumentException(
              "alias " + alias + ": " + model + " (expected: one of " + served.keySet() + ")");
        }
        names.put(alias, model);
      });
      Map<String, Engine> gone = new LinkedHashMap<>(before);
      gone.keySet().removeAll(served.keySet());
      return new Known(served, names, gone);
    }
  }

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
    if (engines.isEmpty() && unlisted == null) {
      throw new IllegalArgumentException("engines: none (expected: at least one)");
    }
    known = Known.of(engines, modelByAlias, Map.of());
  }

  /**
   * Serves these from now on, and no other model by its name. One call at a time.
   *
   * @param engines with models that differ; may be none
   * @param modelByAlias further names of those models
   */
  public void serve(List<Engine> engines, Map<String, String> modelByAlias) {
    Map<String, Engine> before = new LinkedHashMap<>(known.gone);
    before.putAll(known.served);
    Known next = Known.of(engines, modelByAlias, before);
    known = next;
    byName.keySet().removeAll(next.served.keySet());
  }

  /** The model that a client's name stands for: the default for none, empty for an unknown one. */
  public Optional<String> resolve(@Nullable String name) {
    Known now = known;
    if (name == null) {
      return Optional.ofNullable(now.served.firstEntry()).map(Map.Entry::getKey);
    }
    String model = now.names.get(name);
    return model == null && serves(now, name) ? Optional.of(name) : Optional.ofNullable(model);
  }

  /** Whether a model takes new turns. */
  public boolean serves(String model) {
    return serves(known, model);
  }

  private boolean serves(Known now, String model) {
    return now.served.containsKey(model) || (!now.gone.containsKey(model) && isUnlisted(model));
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
    return unlisted != null || known.served.values().stream().anyMatch(Engine::relays);
  }

  /** The engine of a model that {@link #resolve} named, now or before. */
  public Engine engineFor(String model) {
    Known now = known;
    Engine served = now.served.get(model);
    Engine engine = served == null ? now.gone.get(model) : served;
    if (engine == null && unlisted != null) {
      return byName.computeIfAbsent(model, unlisted);
    }
    if (engine == null) {
      throw new IllegalArgumentException(
          "model: " + model + " (expected: one of " + now.served.keySet() + ")");
    }
    return engine;
  }

  /** Those whose models take new turns, the default first. */
  public Collection<Engine> served() {
    List<Engine> engines = new ArrayList<>(known.served.values());
    engines.addAll(byName.values());
    return engines;
  }

  /** All, those of models that are gone too: sessions may have state there. */
  public Collection<Engine> engines() {
    List<Engine> engines = new ArrayList<>(served());
    engines.addAll(known.gone.values());
    return engines;
  }
}
