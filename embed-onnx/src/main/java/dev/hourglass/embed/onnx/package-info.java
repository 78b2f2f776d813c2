/** Small models that embed texts, run by ONNX Runtime in this process through LangChain4j. */
@NullMarked
package dev.hourglass.embed.onnx;

import org.jspecify.annotations.NullMarked;
