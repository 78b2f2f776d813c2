package dev.hourglass.app.replay.retention;

/** The key of LFUDA: how often a block was used since it came, plus the age of the cache. */
final class DynamicAgeing implements KeyedPolicy.Key {
  private final int[] uses;
  private double age;

  DynamicAgeing(int blockCount) {
    uses = new int[blockCount];
  }

  @Override
  public double touched(int block, int place, boolean present) {
    uses[block] = present ? uses[block] + 1 : 1;
    return uses[block] + age;
  }

  @Override
  public void evicted(int block, double key) {
    age = Math.max(age, key);
  }
}
