package dev.hourglass.core.admission;

import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A turn that wants to run, as far as admission needs to know it.
 *
 * @param standing what it is part of
 * @param ticket as the client sent it; {@code null} where it sent none
 * @param resent whether the client says that it sends the request again
 * @param body asked for only where a place is looked up or kept by it
 */
public record Applicant(
    TenantId tenant,
    Criticality criticality,
    Standing standing,
    @Nullable String ticket,
    boolean resent,
    Supplier<BodyHash> body) {
  public Applicant {
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(body, "body");
  }

  /** What a turn is part of, the first served first where it makes a difference. */
  public enum Standing {
    /** A reservation whose time has come: it runs on capacity that is set aside for it. */
    RESERVED,
    /** A conversation that goes on, and may find its KV state in place. */
    LIVE_SESSION,
    /** A conversation that begins, and needs room in KV memory. */
    NEW_SESSION
  }
}
