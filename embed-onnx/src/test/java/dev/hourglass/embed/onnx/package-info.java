@NullMarked
package dev.hourglass.embed.onnx;

import org.jspecify.annotations.NullMarked;
