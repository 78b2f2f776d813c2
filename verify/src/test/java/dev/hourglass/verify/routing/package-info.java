/** A pool of engines that stream on their own threads. */
@NullMarked
package dev.hourglass.verify.routing;

import org.jspecify.annotations.NullMarked;
