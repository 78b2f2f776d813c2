package dev.hourglass.core.retention.value;

/**
 * What is expected of a session that waits.
 *
 * @param everReturns chance that it returns at all
 * @param halfWithinSeconds time in which it returns as likely as not; NaN where it rather does not
 */
public record Prospect(double everReturns, double halfWithinSeconds) {}
