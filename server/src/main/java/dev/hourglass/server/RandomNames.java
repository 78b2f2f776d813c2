package dev.hourglass.server;

import dev.hourglass.core.session.RandomReserve;
import java.util.Base64;
import java.util.random.RandomGenerator;

/** Draws names that nothing else has, such as {@code req_…}. */
final class RandomNames {
  private static final int BYTES = 15;

  private final RandomReserve reserve;

  RandomNames(RandomGenerator random) {
    reserve = new RandomReserve(random, BYTES);
  }

  String next(String prefix) {
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(reserve.next());
  }
}
