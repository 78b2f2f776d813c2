/** The web console in a real browser, against a running server. */
@NullMarked
package dev.hourglass.verify.console;

import org.jspecify.annotations.NullMarked;
