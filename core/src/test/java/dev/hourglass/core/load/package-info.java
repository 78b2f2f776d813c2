/** Tests of the forecasts. */
@NullMarked
package dev.hourglass.core.load;

import org.jspecify.annotations.NullMarked;
