/** What listens: the OpenAI API, sessions, the web console. */
@NullMarked
package dev.hourglass.server;

import org.jspecify.annotations.NullMarked;
