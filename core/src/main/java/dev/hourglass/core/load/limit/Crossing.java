package dev.hourglass.core.load.limit;

/**
 * Whether a level is above a bound, with a hysteresis of 10 %: above as soon as the level passes
 * the bound, below again only under nine tenths of it. A level that dithers about the bound makes
 * no noise (O. Schmitt, <i>A thermionic trigger</i>, 1938).
 */
public final class Crossing {
  private static final double RELEASE_SHARE = 0.9;

  private boolean above;

  /** Takes the level of now; one that is NaN changes nothing. */
  public boolean update(double level, double bound) {
    if (level > bound) {
      above = true;
    } else if (level < RELEASE_SHARE * bound) {
      above = false;
    }
    return above;
  }

  public boolean above() {
    return above;
  }
}
