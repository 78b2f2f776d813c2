/**
 * What the load is measured against: averages that rise fast and fall slowly, the capacity of an
 * engine with its derivation, the limit that its speed allows, and the quotas that a foreseen
 * overload takes from the less critical.
 *
 * <p>Everything here computes; an object belongs to one thread at a time.
 */
@NullMarked
package dev.hourglass.core.load.limit;

import org.jspecify.annotations.NullMarked;
