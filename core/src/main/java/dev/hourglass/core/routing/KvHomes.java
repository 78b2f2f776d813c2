package dev.hourglass.core.routing;

import dev.hourglass.core.routing.RouteRequest.Home;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRows;
import dev.hourglass.core.session.UseOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where each session's KV state is: its home, which served it last, and every endpoint that still
 * holds some. Bounded by a number of sessions; beyond it the one used longest ago is forgotten, and
 * costs a prefill when it returns. Not safe for use by several threads.
 */
final class KvHomes {
  private static final int LOOKED_AT = 1_000;

  private final int mostSessions;

  private final SessionRows rows = new SessionRows();
  private final UseOrder order = new UseOrder();

  /** By row; a row's object stays when it is given back, and serves the next session. */
  private final List<Whereabouts> whereabouts = new ArrayList<>();

  /** One for each endpoint that holds anything. */
  private final Map<EndpointId, Held> tallies = new HashMap<>();

  /** What an endpoint holds for all sessions. */
  record Held(int sessions, long kvTokens) {
    private static final Held NOTHING = new Held(0, 0);

    private Held plus(int more, long tokens) {
      return new Held(sessions + more, kvTokens + tokens);
    }
  }

  /** Nearly every session is in one place, which takes no map. */
  private static final class Whereabouts {
    private static final int NOTHING = -1;

    private EndpointId home;
    private int kvTokens = NOTHING;
    private Map<EndpointId, Integer> elsewhere = Map.of();

    private Whereabouts(EndpointId home) {
      this.home = home;
    }

    private void begin() {
      kvTokens = NOTHING;
      elsewhere = Map.of();
    }

    private Home home() {
      return new Home(home, Math.max(0, kvTokens));
    }

    /** The KV tokens that the endpoint holds; {@link #NOTHING} where it holds no state. */
    private int at(EndpointId endpoint) {
      if (home.equals(endpoint)) {
        return kvTokens;
      }
      return elsewhere.getOrDefault(endpoint, NOTHING);
    }

    private void put(EndpointId endpoint, int held) {
      if (home.equals(endpoint)) {
        kvTokens = held;
        return;
      }
      if (held == at(endpoint)) {
        return;
      }
      Map<EndpointId, Integer> now = new HashMap<>(elsewhere);
      if (held == NOTHING) {
        now.remove(endpoint);
      } else {
        now.put(endpoint, held);
      }
      elsewhere = Map.copyOf(now);
    }

    /** Makes another endpoint the home; what each holds stays as it is. */
    private void moveTo(EndpointId endpoint) {
      if (!home.equals(endpoint)) {
        int there = at(endpoint);
        put(endpoint, NOTHING);
        EndpointId left = home;
        int behind = kvTokens;
        home = endpoint;
        kvTokens = there;
        put(left, behind);
      }
    }

    private Set<EndpointId> endpoints() {
      if (elsewhere.isEmpty()) {
        return kvTokens == NOTHING ? Set.of() : Set.of(home);
      }
      Set<EndpointId> all = new HashSet<>(elsewhere.keySet());
      if (kvTokens != NOTHING) {
        all.add(home);
      }
      return Set.copyOf(all);
    }

    private int total() {
      int total = Math.max(0, kvTokens);
      for (int there : elsewhere.values()) {
        total += there;
      }
      return total;
    }
  }

  KvHomes(int mostSessions) {
    this.mostSessions = mostSessions;
  }

  Optional<Home> home(SessionId session) {
    return Optional.ofNullable(known(session)).map(Whereabouts::home);
  }

  /** Endpoints that may hold state of the session; empty where nothing is known of it. */
  Optional<Set<EndpointId>> holders(SessionId session) {
    return Optional.ofNullable(known(session)).map(Whereabouts::endpoints);
  }

  /** The endpoint served the session last, and holds about so many tokens of it. */
  void served(SessionId session, EndpointId endpoint, int kvTokens) {
    Whereabouts known = used(session, endpoint);
    known.moveTo(endpoint);
    holds(known, endpoint, kvTokens);
    if (order.size() > mostSessions) {
      forget(order.oldest());
    }
  }

  private Whereabouts used(SessionId session, EndpointId endpoint) {
    int row = rows.find(session);
    if (row != SessionRows.NONE) {
      order.use(row);
      return whereabouts.get(row);
    }
    row = rows.add(session);
    order.add(row);
    if (row == whereabouts.size()) {
      whereabouts.add(new Whereabouts(endpoint));
    } else {
      whereabouts.get(row).begin();
    }
    return whereabouts.get(row);
  }

  private @Nullable Whereabouts known(SessionId session) {
    int row = rows.find(session);
    return row == SessionRows.NONE ? null : whereabouts.get(row);
  }

  /**
   * An engine says what it holds; answers what all hold together. A session that never ran here is
   * not noted: it is on its way out.
   */
  int reported(SessionId session, EndpointId endpoint, int kvTokens) {
    Whereabouts known = known(session);
    if (known == null) {
      return kvTokens;
    }
    if (kvTokens == 0) {
      holdsNothing(known, endpoint);
    } else {
      holds(known, endpoint, kvTokens);
    }
    return known.total();
  }

  /** The session is gone everywhere. */
  void forget(SessionId session) {
    int row = rows.find(session);
    if (row != SessionRows.NONE) {
      forget(row);
    }
  }

  private void forget(int row) {
    Whereabouts known = whereabouts.get(row);
    known.endpoints().forEach(endpoint -> holdsNothing(known, endpoint));
    order.remove(row);
    rows.remove(row);
  }

  /** The endpoint is gone, with whatever it held. */
  void forget(EndpointId endpoint) {
    whereabouts.forEach(known -> known.put(endpoint, Whereabouts.NOTHING));
    tallies.remove(endpoint);
  }

  private void holds(Whereabouts known, EndpointId endpoint, int kvTokens) {
    int before = known.at(endpoint);
    known.put(endpoint, kvTokens);
    Held held = heldBy(endpoint);
    tallies.put(
        endpoint,
        before == Whereabouts.NOTHING ? held.plus(1, kvTokens) : held.plus(0, kvTokens - before));
  }

  private void holdsNothing(Whereabouts known, EndpointId endpoint) {
    int before = known.at(endpoint);
    if (before != Whereabouts.NOTHING) {
      known.put(endpoint, Whereabouts.NOTHING);
      tallies.put(endpoint, heldBy(endpoint).plus(-1, -before));
    }
  }

  Held heldBy(EndpointId endpoint) {
    return tallies.getOrDefault(endpoint, Held.NOTHING);
  }

  /**
   * Sessions of which the endpoint holds state, the last used first.
   *
   * @param most how many are wanted; no more than the latest {@value #LOOKED_AT} are looked at
   */
  Map<SessionId, Integer> latestAt(EndpointId endpoint, int most) {
    Map<SessionId, Integer> latest = new LinkedHashMap<>();
    int row = order.newest();
    for (int seen = 0;
        row != SessionRows.NONE && seen < LOOKED_AT && latest.size() < most;
        seen++) {
      int held = whereabouts.get(row).at(endpoint);
      if (held != Whereabouts.NOTHING) {
        latest.put(rows.at(row), held);
      }
      row = order.older(row);
    }
    return latest;
  }

  int size() {
    return order.size();
  }
}
