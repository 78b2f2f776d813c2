package dev.hourglass.core.retention.policy;

import dev.hourglass.core.retention.ActivityScore.Activity;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Where a session stands at one moment.
 *
 * @param prices its worth in prices of the tier that holds it, λ; empty where no price is known
 * @param activity {@code null} while nothing is known of it
 * @param why one sentence: why its state is kept, or why it went
 */
public record Standing(OptionalDouble prices, @Nullable Activity activity, String why) {}
