/** One calm look at a running gateway, in the terminal. */
@NullMarked
package dev.hourglass.app.status;

import org.jspecify.annotations.NullMarked;
