package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import java.util.Map;

/**
 * What an engine's KV memory holds.
 *
 * @param usedTokens cells in use, a shared one counted once
 * @param capacityTokens cells there are; 0 where unknown
 * @param sessions KV tokens of each session that holds any, shared ones counted for each
 */
public record KvOccupancy(int usedTokens, int capacityTokens, Map<SessionId, Integer> sessions) {
  public KvOccupancy {
    sessions = Map.copyOf(sessions);
  }
}
