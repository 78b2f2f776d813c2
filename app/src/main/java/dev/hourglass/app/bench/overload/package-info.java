/** {@code hourglass bench overload}: what is served of more than can be served. */
@NullMarked
package dev.hourglass.app.bench.overload;

import org.jspecify.annotations.NullMarked;
