/** Tests of snapshots on disk. */
@NullMarked
package dev.hourglass.app.cold;

import org.jspecify.annotations.NullMarked;
