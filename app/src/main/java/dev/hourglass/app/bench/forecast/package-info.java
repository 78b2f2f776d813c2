/** What the live forecasts cost. */
@NullMarked
package dev.hourglass.app.bench.forecast;

import org.jspecify.annotations.NullMarked;
