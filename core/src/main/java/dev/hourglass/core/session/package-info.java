@NullMarked
package dev.hourglass.core.session;

import org.jspecify.annotations.NullMarked;
