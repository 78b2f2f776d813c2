@NullMarked
package dev.hourglass.app.reserve;

import org.jspecify.annotations.NullMarked;
