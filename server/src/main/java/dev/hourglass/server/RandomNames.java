package dev.hourglass.server;

import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * Draws names that nothing else has, such as {@code req_…}. Randomness is drawn for many names at
 * once, since every draw from a secure source costs a lock and a hash.
 */
final class RandomNames {
  private static final int BYTES = 15;
  private static final int NAMES_DRAWN = 256;

  private final RandomGenerator random;
  private final byte[] drawn = new byte[BYTES * NAMES_DRAWN]; // guarded by this
  private int used = drawn.length; // guarded by this

  RandomNames(RandomGenerator random) {
    this.random = random;
  }

  String next(String prefix) {
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(nextBytes());
  }

  private synchronized byte[] nextBytes() {
    if (used == drawn.length) {
      random.nextBytes(drawn);
      used = 0;
    }
    byte[] next = Arrays.copyOfRange(drawn, used, used + BYTES);
    used += BYTES;
    return next;
  }
}
