@NullMarked
package dev.hourglass.app.host;

import org.jspecify.annotations.NullMarked;
