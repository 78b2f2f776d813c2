/** A terminal client of the HTTP API. */
@NullMarked
package dev.hourglass.app.chat;

import org.jspecify.annotations.NullMarked;
