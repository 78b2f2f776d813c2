/** What other servers of the OpenAI API answer, and what they are asked. */
@NullMarked
package dev.hourglass.protocol.upstream;

import org.jspecify.annotations.NullMarked;
