@NullMarked
package dev.hourglass.engine.llama;

import org.jspecify.annotations.NullMarked;
