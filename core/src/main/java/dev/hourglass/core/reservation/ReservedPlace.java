package dev.hourglass.core.reservation;

/** A turn's share in a reservation; given back exactly once, further closes are without effect. */
public interface ReservedPlace extends AutoCloseable {
  @Override
  void close();
}
