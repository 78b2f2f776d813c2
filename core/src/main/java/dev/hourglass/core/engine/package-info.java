@NullMarked
package dev.hourglass.core.engine;

import org.jspecify.annotations.NullMarked;
