/** The embedded durable session store, on SQLite. */
@NullMarked
package dev.hourglass.store.sqlite;

import org.jspecify.annotations.NullMarked;
