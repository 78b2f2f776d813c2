/** The gateway with an engine and a store that misbehave on command. */
@NullMarked
package dev.hourglass.verify.gateway;

import org.jspecify.annotations.NullMarked;
