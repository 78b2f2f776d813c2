package dev.hourglass.core.load.live;

import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.reservation.ReservedCapacity;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** How many sessions reservations of a model may call for within the longest horizon. */
public final class ReservationSensor implements Sensor {
  private static final Duration AHEAD = Duration.ofSeconds(Horizon.TWO_MINUTES.seconds());

  private final ReservedCapacity reserved;
  private final String model;

  public ReservationSensor(ReservedCapacity reserved, String model) {
    this.reserved = reserved;
    this.model = model;
  }

  @Override
  public String name() {
    return "reservations " + model;
  }

  @Override
  public Set<Series> series() {
    return Set.of(new Series(LoadSignal.RESERVATIONS_DUE, model));
  }

  @Override
  public List<Reading> read() {
    return List.of(
        Reading.now(LoadSignal.RESERVATIONS_DUE, model, reserved.uncalledSessions(model, AHEAD)));
  }
}
