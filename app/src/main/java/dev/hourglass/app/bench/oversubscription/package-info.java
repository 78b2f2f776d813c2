/** More sessions than the engine has room for, on the real engine. */
@NullMarked
package dev.hourglass.app.bench.oversubscription;

import org.jspecify.annotations.NullMarked;
