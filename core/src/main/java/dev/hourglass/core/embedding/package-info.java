/**
 * Texts as vectors of meaning: the port to models that embed, and the one lane that leads there.
 */
@NullMarked
package dev.hourglass.core.embedding;

import org.jspecify.annotations.NullMarked;
