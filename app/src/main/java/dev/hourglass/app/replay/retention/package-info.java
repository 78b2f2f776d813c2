/** Judges policies of retention by replaying a trace of prompts in blocks. */
@NullMarked
package dev.hourglass.app.replay.retention;

import org.jspecify.annotations.NullMarked;
