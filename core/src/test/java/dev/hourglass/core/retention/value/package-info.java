@NullMarked
package dev.hourglass.core.retention.value;

import org.jspecify.annotations.NullMarked;
