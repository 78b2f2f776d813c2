package dev.hourglass.app.replay.retention;

import dev.hourglass.core.activity.ActivityWeights;
import dev.hourglass.core.activity.TopicMeasure;

/**
 * The weighted score of the server's activity. A trace has no texts and no answers: whoever goes on
 * with a prompt stays with its topic, and is answered at once.
 */
final class ActivityValuation implements Valuation {
  private static final double NANOS = 1e9;

  @Override
  public void begins(Conversation conversation, double nowSeconds) {
    turn(conversation, nowSeconds);
  }

  @Override
  public void returns(Conversation conversation, double nowSeconds) {
    turn(conversation, nowSeconds);
    conversation.activity().continuity(1, TopicMeasure.PREFIX);
  }

  private static void turn(Conversation conversation, double nowSeconds) {
    long now = (long) (nowSeconds * NANOS);
    conversation.activity().turnEnded(now, now, 0);
  }

  @Override
  public double worth(Conversation conversation, double nowSeconds) {
    return conversation
        .activity()
        .score((long) (nowSeconds * NANOS), ActivityWeights.DEFAULTS)
        .score();
  }
}
