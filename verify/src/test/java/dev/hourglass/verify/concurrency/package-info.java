/** Proofs over interleavings: what holds in every order in which threads can meet. */
@NullMarked
package dev.hourglass.verify.concurrency;

import org.jspecify.annotations.NullMarked;
