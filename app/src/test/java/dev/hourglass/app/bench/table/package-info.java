@NullMarked
package dev.hourglass.app.bench.table;

import org.jspecify.annotations.NullMarked;
