/** The program: its command line, its configuration and the wiring of everything else. */
@NullMarked
package dev.hourglass.app;

import org.jspecify.annotations.NullMarked;
