package dev.hourglass.app.replay.retention;

import dev.hourglass.core.retention.value.ReturnTimes;
import java.util.List;

/**
 * Hits to expect for each second of memory, of conversations and of newcomers; as in the server.
 */
final class ReturnValuation implements Valuation {
  private static final double BRANCH_PATIENCE_SECONDS = 60;

  /**
   * What a conversation that branched off says of further ones, beside a session that waits: those
   * who share a beginning mostly come close together, and then no more.
   */
  private static final double BRANCH_SHARE = 0.1;

  private final ReturnTimes times;

  ReturnValuation(ReturnTimes.Prior prior) {
    this.times = new ReturnTimes(prior);
  }

  @Override
  public void returns(Conversation conversation, double nowSeconds) {
    times.returned(conversation.returnClass(), conversation.idleSeconds(nowSeconds));
  }

  @Override
  public void givenUp(Conversation conversation, double nowSeconds) {
    times.censored(conversation.returnClass(), conversation.idleSeconds(nowSeconds));
  }

  @Override
  public void refresh(List<Conversation> waiting, double nowSeconds) {
    times.refresh(
        nowSeconds,
        visitor ->
            waiting.forEach(
                each -> visitor.waits(each.returnClass(), each.idleSeconds(nowSeconds))));
  }

  @Override
  public double worth(Conversation conversation, double nowSeconds) {
    return times.worth(conversation.returnClass(), conversation.idleSeconds(nowSeconds));
  }

  @Override
  public double branches(int branches, double ageSeconds) {
    return BRANCH_SHARE * (branches - 1) / (ageSeconds + BRANCH_PATIENCE_SECONDS);
  }
}
