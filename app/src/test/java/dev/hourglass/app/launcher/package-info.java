@NullMarked
package dev.hourglass.app.launcher;

import org.jspecify.annotations.NullMarked;
