/**
 * Where the load will be: forecasts of a signal 30, 60 and 120 seconds ahead, from its last ten
 * minutes.
 *
 * <p>Everything here computes: values come in by {@link dev.hourglass.core.load.Forecaster#sample}
 * and time passes by {@link dev.hourglass.core.load.Forecaster#tick}; memory does not grow. An
 * object belongs to one thread at a time.
 */
@NullMarked
package dev.hourglass.core.load;

import org.jspecify.annotations.NullMarked;
