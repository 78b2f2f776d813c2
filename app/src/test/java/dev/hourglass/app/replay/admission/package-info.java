@NullMarked
package dev.hourglass.app.replay.admission;

import org.jspecify.annotations.NullMarked;
