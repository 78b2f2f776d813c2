/** The rules of the house, held by tests. */
@NullMarked
package dev.hourglass.verify.architecture;

import org.jspecify.annotations.NullMarked;
