package dev.hourglass.app.replay.retention;

/**
 * The chance that a conversation goes on, by its turns alone, which decays while it waits: LPC
 * without a look at the text, which traces do not have.
 */
final class DecayingChance implements Valuation {
  private static final double DECAY_SECONDS = 150;

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
    return habits.chance(conversation.turns())
        * Math.exp(-conversation.idleSeconds(nowSeconds) / DECAY_SECONDS);
  }
}
