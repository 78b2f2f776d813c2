/** {@code hourglass bench table}: the session table at its largest, beside a cache. */
@NullMarked
package dev.hourglass.app.bench.table;

import org.jspecify.annotations.NullMarked;
