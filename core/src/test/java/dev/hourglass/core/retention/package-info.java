@NullMarked
package dev.hourglass.core.retention;

import org.jspecify.annotations.NullMarked;
