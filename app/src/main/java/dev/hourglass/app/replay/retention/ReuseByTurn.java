package dev.hourglass.app.replay.retention;

/**
 * The chance that a conversation goes on within a while, with exponential gaps fitted to each count
 * of turns.
 */
final class ReuseByTurn implements Valuation {
  private static final double WITHIN_SECONDS = 60;

  private final TurnHabits habits = new TurnHabits();

  @Override
  public void begins(Conversation conversation, double nowSeconds) {
    habits.begins();
  }

  @Override
  public void returns(Conversation conversation, double nowSeconds) {
    habits.goesOn(conversation.turns(), conversation.idleSeconds(nowSeconds));
  }

  @Override
  public double worth(Conversation conversation, double nowSeconds) {
    double chance = habits.chance(conversation.turns());
    double mean = habits.meanGapSeconds(conversation.turns());
    double stillComing = chance * Math.exp(-conversation.idleSeconds(nowSeconds) / mean);
    return stillComing / (stillComing + 1 - chance) * -Math.expm1(-WITHIN_SECONDS / mean);
  }
}
