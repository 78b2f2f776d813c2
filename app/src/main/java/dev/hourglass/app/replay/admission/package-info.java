/**
 * {@code hourglass replay admission}: whether hints come true, on a real trace, in virtual time,
 * with the admission that the gateway uses.
 */
@NullMarked
package dev.hourglass.app.replay.admission;

import org.jspecify.annotations.NullMarked;
