/** The machine and the user that the program runs for. */
@NullMarked
package dev.hourglass.app.host;

import org.jspecify.annotations.NullMarked;
