@NullMarked
package dev.hourglass.core.admission;

import org.jspecify.annotations.NullMarked;
