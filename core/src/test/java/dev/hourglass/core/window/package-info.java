@NullMarked
package dev.hourglass.core.window;

import org.jspecify.annotations.NullMarked;
