/** What clients receive: bodies in the OpenAI form, our own resources, and SSE framing. */
@NullMarked
package dev.hourglass.protocol.response;

import org.jspecify.annotations.NullMarked;
