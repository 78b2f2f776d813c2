/** The configuration: one table of keys, read from a file, the environment and flags. */
@NullMarked
package dev.hourglass.app.config;

import org.jspecify.annotations.NullMarked;
