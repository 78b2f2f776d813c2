package dev.hourglass.core.retention.policy;

import dev.hourglass.core.retention.value.GhostDuel;
import dev.hourglass.core.retention.value.ReturnClass;
import dev.hourglass.core.retention.value.ReturnTimes;
import dev.hourglass.core.session.SessionId;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Two caches of sessions as ghosts, one that lets go by worth and one by last use, which challenges
 * it: a {@link GhostDuel} over ids, without state.
 *
 * <p>A part of the sessions takes part, chosen by a hash, with that part of the capacity, so that
 * at most {@value #MOST_GHOSTS} are held whatever the size of the house (Waldspurger et al.,
 * <cite>Efficient MRC Construction with SHARDS</cite>, 2015). Not thread-safe.
 */
final class SessionGhosts {
  static final int MOST_GHOSTS = 256;

  private final ReturnTimes times;
  private final Cache byUse = new Cache();
  private final Cache byWorth = new Cache();
  private final GhostDuel duel = new GhostDuel();
  private int part = 1;

  /** One of the two. */
  private static final class Cache {
    final Map<SessionId, Ghost> ghosts = new LinkedHashMap<>();
    long tokens;

    void put(SessionId session, Ghost ghost) {
      remove(session);
      ghosts.put(session, ghost);
      tokens += ghost.tokens;
    }

    void remove(SessionId session) {
      Ghost before = ghosts.remove(session);
      if (before != null) {
        tokens -= before.tokens;
      }
    }

    /** How much of a session that returns it has kept: all or nothing. */
    int kept(SessionId session, int tokens) {
      return ghosts.containsKey(session) ? tokens : 0;
    }
  }

  private record Ghost(ReturnClass of, int tokens, double usedSeconds) {}

  SessionGhosts(ReturnTimes times) {
    this.times = times;
  }

  /** A session is used again. */
  void returns(SessionId session, int tokens, long capacityTokens) {
    if (takesPart(session)) {
      duel.accessed(
          tokens,
          (double) room(capacityTokens),
          byWorth.kept(session, tokens),
          byUse.kept(session, tokens));
    }
  }

  /** A session waits from now on, with so much state. */
  void waits(
      SessionId session, ReturnClass of, int tokens, double nowSeconds, long capacityTokens) {
    if (!takesPart(session)) {
      return;
    }
    Ghost ghost = new Ghost(of, tokens, nowSeconds);
    byUse.put(session, ghost);
    byWorth.put(session, ghost);
    long room = room(capacityTokens);
    while (byUse.tokens > room && byUse.ghosts.size() > 1) {
      byUse.remove(byUse.ghosts.keySet().iterator().next());
    }
    while (byWorth.tokens > room && byWorth.ghosts.size() > 1) {
      byWorth.remove(leastWorth(nowSeconds));
    }
    if (byUse.ghosts.size() > MOST_GHOSTS || byWorth.ghosts.size() > MOST_GHOSTS) {
      part *= 2;
      leave(byUse);
      leave(byWorth);
    }
  }

  void ends(SessionId session) {
    byUse.remove(session);
    byWorth.remove(session);
  }

  /** Whether letting go by last use has kept more. */
  boolean useWins() {
    return duel.challengerLeads();
  }

  private long room(long capacityTokens) {
    return Math.max(1, capacityTokens / part);
  }

  private SessionId leastWorth(double nowSeconds) {
    Iterator<Map.Entry<SessionId, Ghost>> ghosts = byWorth.ghosts.entrySet().iterator();
    Map.Entry<SessionId, Ghost> least = ghosts.next();
    double leastWorth = worth(least.getValue(), nowSeconds);
    while (ghosts.hasNext()) {
      Map.Entry<SessionId, Ghost> next = ghosts.next();
      double worth = worth(next.getValue(), nowSeconds);
      if (worth < leastWorth) {
        least = next;
        leastWorth = worth;
      }
    }
    return least.getKey();
  }

  private double worth(Ghost ghost, double nowSeconds) {
    return times.worth(ghost.of, Math.max(0, nowSeconds - ghost.usedSeconds));
  }

  private void leave(Cache cache) {
    for (SessionId session : List.copyOf(cache.ghosts.keySet())) {
      if (!takesPart(session)) {
        cache.remove(session);
      }
    }
  }

  /** Ids are drawn at random; their hashes are spread once more, since their bits are not. */
  private boolean takesPart(SessionId session) {
    int hash = session.hashCode() * 0x9E3779B9;
    return (hash >>> 8) % part == 0;
  }
}
