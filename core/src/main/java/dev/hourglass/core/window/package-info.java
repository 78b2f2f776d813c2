/**
 * Events counted by the time when they happened: over a window that slides with the clock, and over
 * windows that end.
 *
 * <p>Times are nanoseconds on any one clock, within 146 years (2<sup>62</sup> ns) of its zero, and
 * so are spans; nothing here checks that again. Every type says how much it keeps at most.
 */
@NullMarked
package dev.hourglass.core.window;

import org.jspecify.annotations.NullMarked;
