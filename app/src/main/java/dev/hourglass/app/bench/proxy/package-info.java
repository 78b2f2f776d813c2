/** What the gateway costs as a proxy, beside no proxy and beside nginx. */
@NullMarked
package dev.hourglass.app.bench.proxy;

import org.jspecify.annotations.NullMarked;
