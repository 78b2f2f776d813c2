@NullMarked
package dev.hourglass.store.sqlite;

import org.jspecify.annotations.NullMarked;
