/**
 * The load as it is now: sensors that are read each second, what they read in rings of bounded
 * size, and the forecasts and thresholds that follow from it.
 *
 * <p>{@link dev.hourglass.core.load.live.LoadWatch} is the whole of it; {@link
 * dev.hourglass.core.load.live.Sensor} is the port for whoever can measure something.
 */
@NullMarked
package dev.hourglass.core.load.live;

import org.jspecify.annotations.NullMarked;
