/** Tests of the reading of traces. */
@NullMarked
package dev.hourglass.app.replay.trace;

import org.jspecify.annotations.NullMarked;
