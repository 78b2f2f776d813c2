@NullMarked
package dev.hourglass.core.routing;

import org.jspecify.annotations.NullMarked;
