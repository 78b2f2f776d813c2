/** Hashes that nobody can forge. */
@NullMarked
package dev.hourglass.core.digest;

import org.jspecify.annotations.NullMarked;
