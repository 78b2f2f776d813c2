@NullMarked
package dev.hourglass.testkit.engine;

import org.jspecify.annotations.NullMarked;
