/** Servers that do what they are told, also what no server should. */
@NullMarked
package dev.hourglass.testkit.upstream;

import org.jspecify.annotations.NullMarked;
