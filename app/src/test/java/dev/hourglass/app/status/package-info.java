@NullMarked
package dev.hourglass.app.status;

import org.jspecify.annotations.NullMarked;
