/** Tests of {@code hourglass bench chaos}. */
@NullMarked
package dev.hourglass.app.bench.chaos;

import org.jspecify.annotations.NullMarked;
