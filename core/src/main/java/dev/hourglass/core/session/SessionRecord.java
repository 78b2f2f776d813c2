package dev.hourglass.core.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What a store keeps of an explicit session, its transcript apart.
 *
 * @param contextTtl how long the session lives after its last use
 * @param model the model it was born with
 * @param metadata the client's own notes
 * @param turns turns on record, also those that failed or were cancelled
 * @param terminating whether its destruction has begun; it is then finished, never used again
 */
public record SessionRecord(
    SessionId id,
    TenantId tenant,
    TokenHash tokenHash,
    String model,
    Instant createdAt,
    Duration contextTtl,
    Map<String, String> metadata,
    Instant lastActive,
    int turns,
    boolean terminating) {
  public SessionRecord {
    metadata = Map.copyOf(metadata);
  }
}
