package dev.hourglass.core.engine;

/**
 * Where a generation runs, of several places that could have taken it.
 *
 * @param endpoint the place's name
 * @param moved whether the session's KV state was elsewhere, so that it is computed anew here
 */
public record Placement(String endpoint, boolean moved) {}
