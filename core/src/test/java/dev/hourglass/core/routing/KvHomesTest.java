package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.routing.RouteRequest.Home;
import dev.hourglass.core.session.SessionId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvHomesTest {
  private static final List<EndpointId> ENDPOINTS =
      Stream.of("a", "b", "c").map(EndpointId::new).toList();
  private static final int STEPS = 2_000;

  private final KvHomes homes = new KvHomes(100);

  /**
   * The same, written down in full: who holds how much of which session, and where it is at home.
   */
  private final Map<SessionId, Map<EndpointId, Integer>> holdings = new HashMap<>();

  private final Map<SessionId, EndpointId> served = new HashMap<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void knowsWhoHoldsWhatHoweverItCameAbout(long seed) {
    Random random = new Random(seed);
    List<SessionId> sessions = Stream.generate(() -> SessionId.random(random)).limit(5).toList();
    for (int step = 0; step < STEPS; step++) {
      SessionId session = sessions.get(random.nextInt(sessions.size()));
      EndpointId endpoint = ENDPOINTS.get(random.nextInt(ENDPOINTS.size()));
      int tokens = random.nextInt(4) * 10;
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> serve(session, endpoint, tokens);
        case 3, 4, 5 -> report(session, endpoint, tokens);
        case 6 -> {
          homes.forget(session);
          holdings.remove(session);
          served.remove(session);
        }
        default -> {
          if (random.nextInt(20) == 0) {
            homes.forget(endpoint);
            holdings.values().forEach(held -> held.remove(endpoint));
          }
        }
      }
      sessions.forEach(this::compare);
      ENDPOINTS.forEach(this::compare);
    }
  }

  private void serve(SessionId session, EndpointId endpoint, int tokens) {
    homes.served(session, endpoint, tokens);
    holdings.computeIfAbsent(session, _ -> new HashMap<>()).put(endpoint, tokens);
    served.put(session, endpoint);
  }

  private void report(SessionId session, EndpointId endpoint, int tokens) {
    int all = homes.reported(session, endpoint, tokens);
    Map<EndpointId, Integer> held = holdings.get(session);
    if (held == null) {
      assertThat(all).isEqualTo(tokens);
      return;
    }
    if (tokens == 0) {
      held.remove(endpoint);
    } else {
      held.put(endpoint, tokens);
    }
    assertThat(all).isEqualTo(held.values().stream().mapToInt(Integer::intValue).sum());
  }

  private void compare(SessionId session) {
    Map<EndpointId, Integer> held = holdings.get(session);
    if (held == null) {
      assertThat(homes.home(session)).isEmpty();
      assertThat(homes.holders(session)).isEmpty();
    } else {
      EndpointId home = Objects.requireNonNull(served.get(session));
      assertThat(homes.home(session)).contains(new Home(home, held.getOrDefault(home, 0)));
      assertThat(homes.holders(session)).contains(Set.copyOf(held.keySet()));
    }
  }

  private void compare(EndpointId endpoint) {
    Map<SessionId, Integer> held = new HashMap<>();
    holdings.forEach((session, at) -> {
      if (at.containsKey(endpoint)) {
        held.put(session, at.get(endpoint));
      }
    });
    KvHomes.Held told = homes.heldBy(endpoint);
    assertThat(told.sessions()).isEqualTo(held.size());
    assertThat(told.kvTokens()).isEqualTo(held.values().stream().mapToLong(it -> it).sum());
    assertThat(homes.latestAt(endpoint, 10)).isEqualTo(held);
  }
}
