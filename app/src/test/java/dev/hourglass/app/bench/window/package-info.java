@NullMarked
package dev.hourglass.app.bench.window;

import org.jspecify.annotations.NullMarked;
