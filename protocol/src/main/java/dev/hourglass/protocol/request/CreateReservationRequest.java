package dev.hourglass.protocol.request;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/reservations}.
 *
 * @param model {@code null} for the default one
 * @param sessions any number; what a pool has is not known here
 * @param id the client's own name for it; {@code null} for a new one
 */
public record CreateReservationRequest(
    @Nullable String model, Instant start, Instant end, int sessions, @Nullable String id) {}
