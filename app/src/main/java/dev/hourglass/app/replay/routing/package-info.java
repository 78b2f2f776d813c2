/** {@code hourglass replay routing}: what each way of choosing endpoints makes of a real trace. */
@NullMarked
package dev.hourglass.app.replay.routing;

import org.jspecify.annotations.NullMarked;
