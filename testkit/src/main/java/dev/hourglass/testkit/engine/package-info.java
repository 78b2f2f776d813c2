/** What every engine must do, as tests, and the sink that they listen with. */
@NullMarked
package dev.hourglass.testkit.engine;

import org.jspecify.annotations.NullMarked;
