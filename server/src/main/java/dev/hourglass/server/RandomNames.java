package dev.hourglass.server;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** Draws names that nothing else has, such as {@code req_…}. */
final class RandomNames {
  private static final int BYTES = 15;

  private final RandomGenerator random;

  RandomNames(RandomGenerator random) {
    this.random = random;
  }

  String next(String prefix) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
