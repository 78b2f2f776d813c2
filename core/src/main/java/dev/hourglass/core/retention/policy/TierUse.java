package dev.hourglass.core.retention.policy;

import java.util.OptionalDouble;

/**
 * How full the tiers are, each as a share of what it can hold.
 *
 * @param hotExpected how full the engine is foreseen to be soon; empty where nothing is foreseen
 */
public record TierUse(double hot, OptionalDouble hotExpected, double warm, double cold) {}
