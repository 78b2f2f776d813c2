/** Tests of the load as it is now, in virtual time. */
@NullMarked
package dev.hourglass.core.load.live;

import org.jspecify.annotations.NullMarked;
