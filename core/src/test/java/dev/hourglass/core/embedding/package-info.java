@NullMarked
package dev.hourglass.core.embedding;

import org.jspecify.annotations.NullMarked;
