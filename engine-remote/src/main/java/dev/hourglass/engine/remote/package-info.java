/**
 * Engines that are other servers, spoken to through the OpenAI API and what they offer beyond it.
 */
@NullMarked
package dev.hourglass.engine.remote;

import org.jspecify.annotations.NullMarked;
