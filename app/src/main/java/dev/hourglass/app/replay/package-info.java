/** {@code hourglass replay}: real traces, run again through the product's own parts. */
@NullMarked
package dev.hourglass.app.replay;

import org.jspecify.annotations.NullMarked;
