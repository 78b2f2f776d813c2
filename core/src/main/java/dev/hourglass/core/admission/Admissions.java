package dev.hourglass.core.admission;

import dev.hourglass.core.reservation.ReservedCapacity;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The admission of each model, and what bounds the house as a whole. */
public final class Admissions {
  private final TurnLimit house;
  private final Map<String, Admission> byModel;
  private final @Nullable Admission others;
  private final ReservedCapacity reserved;

  /**
   * Puts them together.
   *
   * @param house bounds all turns, those included that wait or belong to busy sessions
   * @param others of models that are not listed; {@code null} where there are none
   */
  public Admissions(
      TurnLimit house,
      Map<String, Admission> byModel,
      @Nullable Admission others,
      ReservedCapacity reserved) {
    this.house = house;
    this.byModel = new ConcurrentHashMap<>(byModel);
    this.others = others;
    this.reserved = reserved;
  }

  /** Lets everybody in at once, as long as the house is not full. */
  public static Admissions open(int turns, Timeline timeline, RandomGenerator secureRandom) {
    return new Admissions(
        new TurnLimit(turns),
        Map.of(),
        new Admission(AdmissionSettings.DEFAULTS, CapacityView.of(turns), timeline, secureRandom),
        ReservedCapacity.NONE);
  }

  /** From now on a further model has an admission of its own. */
  public void add(String model, Admission admission) {
    if (byModel.putIfAbsent(model, admission) != null) {
      throw new IllegalArgumentException("model: " + model + " (expected: one without admission)");
    }
  }

  /** Empty when the house is full. */
  public Optional<TurnLimit.Permit> enterHouse() {
    return house.acquire();
  }

  /** The admission of a model that the engine directory named. */
  public Admission of(String model) {
    Admission listed = byModel.get(model);
    Admission admission = listed == null ? others : listed;
    if (admission == null) {
      throw new IllegalArgumentException(
          "model: " + model + " (expected: one of " + byModel.keySet() + ")");
    }
    return admission;
  }

  /** The only one; empty where there are several, and a request has to say which it is for. */
  public Optional<Admission> ofOnlyModel() {
    return others == null && byModel.size() == 1
        ? byModel.values().stream().findFirst()
        : Optional.empty();
  }

  /** Looks everywhere who may go in now, since capacities may have changed. */
  public void capacityChanged() {
    byModel.values().forEach(Admission::capacityChanged);
  }

  public Map<String, Admission> byModel() {
    return Collections.unmodifiableMap(byModel);
  }

  /** What reservations may call for. */
  public ReservedCapacity reserved() {
    return reserved;
  }

  public int mostTurns() {
    return house.most();
  }

  /** Turns in the house, waiting ones included. */
  public int turns() {
    return house.current();
  }
}
