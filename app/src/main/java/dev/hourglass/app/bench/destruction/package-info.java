/** What destroying sessions takes: stage by stage, and fifty thousand at once. */
@NullMarked
package dev.hourglass.app.bench.destruction;

import org.jspecify.annotations.NullMarked;
