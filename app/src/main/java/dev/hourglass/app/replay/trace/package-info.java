/** Published traces of requests, and how far a replay of one has come. */
@NullMarked
package dev.hourglass.app.replay.trace;

import org.jspecify.annotations.NullMarked;
