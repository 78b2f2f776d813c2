/** Tests of {@code hourglass replay routing}. */
@NullMarked
package dev.hourglass.app.replay.routing;

import org.jspecify.annotations.NullMarked;
