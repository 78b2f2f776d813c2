@NullMarked
package dev.hourglass.app;

import org.jspecify.annotations.NullMarked;
