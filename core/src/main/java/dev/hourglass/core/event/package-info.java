@NullMarked
package dev.hourglass.core.event;

import org.jspecify.annotations.NullMarked;
