/** The whole house with real parts: engine, store, server, and clients that people use. */
@NullMarked
package dev.hourglass.verify.house;

import org.jspecify.annotations.NullMarked;
