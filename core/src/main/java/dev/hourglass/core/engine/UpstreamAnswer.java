package dev.hourglass.core.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a remote engine's server said when it refused.
 *
 * @param status the HTTP status, 400 to 599
 * @param body its error as it came, without secrets; JSON where {@code json} says so
 * @param json whether {@code body} is a JSON object
 * @param retryAfter when it wants to be asked again; {@code null} where it did not say
 */
public record UpstreamAnswer(
    int status, String body, boolean json, @Nullable Duration retryAfter) {}
