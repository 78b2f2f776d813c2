/** Tests of the thresholds. */
@NullMarked
package dev.hourglass.core.load.limit;

import org.jspecify.annotations.NullMarked;
