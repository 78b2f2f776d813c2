/** Which engine serves which model, and which of several endpoints takes a generation. */
@NullMarked
package dev.hourglass.core.routing;

import org.jspecify.annotations.NullMarked;
