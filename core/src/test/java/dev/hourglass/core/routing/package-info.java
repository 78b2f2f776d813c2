/** Tests of endpoints and of the choice among them. */
@NullMarked
package dev.hourglass.core.routing;

import org.jspecify.annotations.NullMarked;
