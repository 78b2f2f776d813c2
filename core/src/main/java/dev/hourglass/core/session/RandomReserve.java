package dev.hourglass.core.session;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Random bytes for names, drawn for many at once, since every draw from a secure source costs a
 * lock and a hash. Not for secrets: what is drawn next lies in memory. Thread-safe.
 */
public final class RandomReserve {
  private static final int DRAWN_AT_ONCE = 256;

  private final RandomGenerator random;
  private final int length;
  private final byte[] drawn; // guarded by this
  private int used; // guarded by this

  /**
   * Creates a reserve that is empty still.
   *
   * @param length of what is asked for each time, in bytes
   */
  public RandomReserve(RandomGenerator random, int length) {
    this.random = random;
    this.length = length;
    this.drawn = new byte[length * DRAWN_AT_ONCE];
    this.used = drawn.length;
  }

  /** Bytes that nobody else is given. */
  public synchronized byte[] next() {
    if (used == drawn.length) {
      random.nextBytes(drawn);
      used = 0;
    }
    int from = used;
    used += length;
    return Arrays.copyOfRange(drawn, from, used);
  }
}
