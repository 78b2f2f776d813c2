/** Tests of {@code hourglass replay forecast}. */
@NullMarked
package dev.hourglass.app.replay.forecast;

import org.jspecify.annotations.NullMarked;
