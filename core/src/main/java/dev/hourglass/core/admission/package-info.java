/** Who gets in next: decision, waiting room, and tickets that keep a place. */
@NullMarked
package dev.hourglass.core.admission;

import org.jspecify.annotations.NullMarked;
