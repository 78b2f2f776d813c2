@NullMarked
package dev.hourglass.verify.reservation;

import org.jspecify.annotations.NullMarked;
