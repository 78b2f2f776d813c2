/** {@code hourglass replay forecast}: how far the forecasts are from what came, on a real trace. */
@NullMarked
package dev.hourglass.app.replay.forecast;

import org.jspecify.annotations.NullMarked;
