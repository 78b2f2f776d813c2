/** Snapshots of idle sessions on disk, for the length of one run. */
@NullMarked
package dev.hourglass.app.cold;

import org.jspecify.annotations.NullMarked;
