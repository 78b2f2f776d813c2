@NullMarked
package dev.hourglass.app.replay.retention;

import org.jspecify.annotations.NullMarked;
