/** What a decision of retention costs. */
@NullMarked
package dev.hourglass.app.bench.retention;

import org.jspecify.annotations.NullMarked;
