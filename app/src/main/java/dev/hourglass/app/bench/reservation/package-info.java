@NullMarked
package dev.hourglass.app.bench.reservation;

import org.jspecify.annotations.NullMarked;
