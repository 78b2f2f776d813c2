/** Measures the engine beside the binding whose native library it uses. */
@NullMarked
package dev.hourglass.engine.llama.bench;

import org.jspecify.annotations.NullMarked;
