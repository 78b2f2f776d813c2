package dev.hourglass.core.session;

import dev.hourglass.core.activity.SessionActivity;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What can be seen of a session at one moment.
 *
 * @param kvTokens KV tokens in the engine
 * @param turns turns on record, also those that failed or were cancelled
 * @param expiresAt when it ends if it is not used again
 * @param activity goes on after that moment; {@code null} before its first turn has ended
 */
public record SessionSnapshot(
    SessionId id,
    TenantId tenant,
    SessionKind kind,
    String model,
    SessionState state,
    Residency residency,
    int turns,
    int kvTokens,
    Instant createdAt,
    Instant lastActive,
    Instant expiresAt,
    Map<String, String> metadata,
    @Nullable SessionActivity activity) {}
