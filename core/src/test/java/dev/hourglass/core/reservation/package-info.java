@NullMarked
package dev.hourglass.core.reservation;

import org.jspecify.annotations.NullMarked;
