/** A fake session store, and the contract that every session store keeps. */
@NullMarked
package dev.hourglass.testkit.store;

import org.jspecify.annotations.NullMarked;
