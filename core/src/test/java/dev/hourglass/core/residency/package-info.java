@NullMarked
package dev.hourglass.core.residency;

import org.jspecify.annotations.NullMarked;
