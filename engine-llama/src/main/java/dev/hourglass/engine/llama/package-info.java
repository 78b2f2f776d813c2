/**
 * llama.cpp inside this process: one KV sequence for each resident session, continuous batching,
 * and release, snapshot, restore and residue that are exact.
 */
@NullMarked
package dev.hourglass.engine.llama;

import org.jspecify.annotations.NullMarked;
