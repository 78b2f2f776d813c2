package dev.hourglass.core.reservation;

import dev.hourglass.core.session.TenantId;
import java.util.Comparator;

/**
 * Which reservation, of all tenants. Two tenants may choose the same id and never meet.
 *
 * <p>The order keeps the reservations of one tenant together.
 */
public record ReservationKey(TenantId tenant, ReservationId id)
    implements Comparable<ReservationKey> {
  private static final Comparator<ReservationKey> ORDER =
      Comparator.comparing((ReservationKey key) -> key.tenant().value())
          .thenComparing(ReservationKey::id);

  @Override
  public int compareTo(ReservationKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return tenant + "/" + id;
  }
}
