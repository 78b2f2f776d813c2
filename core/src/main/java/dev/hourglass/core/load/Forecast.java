package dev.hourglass.core.load;

/**
 * What a signal will be at the end of a horizon, in the signal's own unit.
 *
 * @param mean the expected value
 * @param p50 as likely to be exceeded as not
 * @param p90 exceeded once in ten times
 */
public record Forecast(double mean, double p50, double p90) {}
