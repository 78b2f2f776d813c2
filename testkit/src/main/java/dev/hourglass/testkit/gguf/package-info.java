/** Tiny models for tests that need a real engine and no download. */
@NullMarked
package dev.hourglass.testkit.gguf;

import org.jspecify.annotations.NullMarked;
