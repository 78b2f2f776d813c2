@NullMarked
package dev.hourglass.core;

import org.jspecify.annotations.NullMarked;
