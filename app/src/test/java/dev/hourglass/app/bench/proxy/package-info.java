@NullMarked
package dev.hourglass.app.bench.proxy;

import org.jspecify.annotations.NullMarked;
