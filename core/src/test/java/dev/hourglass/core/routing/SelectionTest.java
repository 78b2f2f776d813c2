package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.routing.EndpointLoad.Pace;
import dev.hourglass.core.routing.RouteRequest.Home;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.TenantId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelectionTest {
  private static final int SLOTS = 10;
  private static final Pace USUAL = new Pace(0.02, 0.5, 9, 0.0002);

  private final int[] inFlight = new int[4];
  private final double[] weights = {1, 1, 1, 1};
  private final Pace[] paces = {USUAL, USUAL, USUAL, USUAL};

  @Test
  void roundRobinTakesEachInTurnAndSpreadsWeights() {
    weights[0] = 3;
    Selection selection = RoutingStrategy.ROUND_ROBIN.selection(random());
    assertThat(choices(selection, request(null), 6)).containsExactly(0, 1, 0, 2, 3, 0);
    assertThat(counts(selection, 600)).containsExactly(300, 100, 100, 100);
  }

  @Test
  void leastInFlightFillsEvenlyAndByWeight() {
    weights[3] = 2;
    Selection selection = RoutingStrategy.LEAST_IN_FLIGHT.selection(random());
    for (int sent = 0; sent < 50; sent++) {
      inFlight[choice(selection, request(null))]++;
    }
    assertThat(inFlight).containsExactly(10, 10, 10, 20);
  }

  @Test
  void latencyShunsTheSlowEndpointAndStillSeesIt() {
    paces[2] = new Pace(0.2, 5, 90, 0.002);
    int[] counts = counts(RoutingStrategy.LATENCY.selection(random()), 3_000);
    assertThat(counts[2]).isZero();
    // Ten times the load elsewhere makes even the slow one the better of two.
    Arrays.fill(inFlight, 20);
    inFlight[2] = 0;
    counts = counts(RoutingStrategy.LATENCY.selection(random()), 3_000);
    assertThat(counts[2]).isGreaterThan(1_000);
  }

  @Test
  void latencyTakesTheNewEndpointForAsFastAsTheOthers() {
    paces[1] = Pace.UNKNOWN;
    int[] counts = counts(RoutingStrategy.LATENCY.selection(random()), 4_000);
    assertThat(counts[1]).isBetween(800, 1_200);
  }

  @Test
  void aSessionStaysWhereItsStateIs() {
    Selection selection = RoutingStrategy.SESSION.selection(random());
    inFlight[2] = SLOTS - 1;
    assertThat(choices(selection, request(home(2, 4_000)), 3)).containsOnly(2);
  }

  @Test
  void aSessionMovesOnceWaitingCostsMoreThanPrefillingAgain() {
    Selection selection = RoutingStrategy.SESSION.selection(random());
    Arrays.fill(inFlight, SLOTS - 1);
    inFlight[2] = SLOTS;
    // One in line: 9 s of service over 10 slots, 0.9 s. As much as 4,500 tokens of prefill.
    assertThat(choice(selection, request(home(2, 4_600)))).isEqualTo(2);
    assertThat(choice(selection, request(home(2, 4_400)))).isNotEqualTo(2);
  }

  @Test
  void anEndpointOverItsBoundTakesNobodyHoweverMuchItHolds() {
    Selection selection = RoutingStrategy.SESSION.selection(random());
    Arrays.fill(inFlight, 2 * SLOTS);
    inFlight[2] = 3 * SLOTS;
    assertThat(choice(selection, request(home(2, 1_000_000)))).isNotEqualTo(2);
  }

  @Test
  void aSessionWhoseHomeIsNoCandidateGoesWhereThereIsRoom() {
    Selection selection = RoutingStrategy.SESSION.selection(random());
    inFlight[0] = 1;
    EndpointLoad chosen =
        selection.choose(
            request(new Home(new EndpointId("gone"), 9_000)), candidates().subList(0, 2));
    assertThat(chosen.id()).isEqualTo(new EndpointId("e1"));
  }

  @Test
  void aConversationGoesBackToItsPrefix() {
    Selection selection = RoutingStrategy.PREFIX.selection(random());
    inFlight[0] = 1;
    RouteRequest first = chat("rules", "a".repeat(8_000));
    int home = send(selection, first);
    inFlight[home] = 3;
    assertThat(choice(selection, chat("rules", "a".repeat(8_000), "and then?"))).isEqualTo(home);
  }

  @Test
  void aSharedSystemPromptDoesNotPullEverythingToOneEndpoint() {
    Selection selection = RoutingStrategy.PREFIX.selection(random());
    String system = "You are kind. ".repeat(300);
    for (int conversation = 0; conversation < 40; conversation++) {
      inFlight[send(selection, chat(system, "question " + conversation))]++;
    }
    assertThat(inFlight).containsExactly(10, 10, 10, 10);
  }

  @Test
  void prefixesOfOneTenantAreNotThoseOfAnother() {
    PrefixChain one = PrefixChain.of(TenantId.DEFAULT, messages("system", "question"));
    PrefixChain other = PrefixChain.of(new TenantId("other"), messages("system", "question"));
    assertThat(one.hash(0)).isNotEqualTo(other.hash(0));
    assertThat(PrefixChain.of(TenantId.DEFAULT, messages("system", "else")).hash(0))
        .isEqualTo(one.hash(0));
  }

  @Test
  void thePrefixIndexIsBoundedAndForgetsTheEndOfAPromptFirst() {
    PrefixIndex index = new PrefixIndex(100);
    List<Long> blocks = new ArrayList<>();
    for (long block = 0; block < 60; block++) {
      blocks.add(block);
    }
    PrefixChain sixty = PrefixChain.ofBlocks(blocks, 512, 60 * 512);
    index.add(sixty, 0);
    assertThat(index.cachedTokens(sixty)).isEqualTo(60 * 512);
    index.add(
        PrefixChain.ofBlocks(blocks.stream().map(it -> it + 1_000).toList(), 512, 60 * 512), 0);
    assertThat(index.links()).isEqualTo(100);
    assertThat(index.cachedTokens(sixty)).isEqualTo(40 * 512);
    index.add(PrefixChain.ofBlocks(List.of(5_000L), 512, 512), 10 * 512);
    assertThat(index.links()).isEqualTo(10);
  }

  /** Whatever the strategy: within the candidates, deterministic, nobody starves nor drowns. */
  @ParameterizedTest
  @EnumSource
  void neverDrownsAnEndpoint(RoutingStrategy strategy) {
    assertThat(simulated(strategy)).isEqualTo(simulated(strategy));
    for (int count : simulated(strategy)) {
      assertThat(count).isBetween(60, 140);
    }
  }

  /** 400 generations that all share a prompt and a home, none of which ends. */
  private static List<Integer> simulated(RoutingStrategy strategy) {
    SelectionTest test = new SelectionTest();
    Selection selection = strategy.selection(test.random());
    String system = "You are kind. ".repeat(1_000);
    for (int sent = 0; sent < 400; sent++) {
      RouteRequest shared = chat(system, "the same question");
      RouteRequest request =
          new RouteRequest(shared.promptTokens(), home(1, 3_500), shared.prefix());
      test.inFlight[test.send(selection, request)]++;
    }
    return Arrays.stream(test.inFlight).boxed().toList();
  }

  @Test
  void namesLeadToStrategies() {
    for (RoutingStrategy strategy : RoutingStrategy.values()) {
      assertThat(RoutingStrategy.ofName(strategy.wireName())).contains(strategy);
    }
    assertThat(RoutingStrategy.ofName("SESSION")).isEmpty();
  }

  private RandomGenerator random() {
    return new SplittableRandom(7);
  }

  private static Home home(int endpoint, int kvTokens) {
    return new Home(new EndpointId("e" + endpoint), kvTokens);
  }

  private static RouteRequest request(@Nullable Home home) {
    return new RouteRequest(100_000, home, PrefixChain.NONE);
  }

  private static RouteRequest chat(String... contents) {
    PrefixChain prefix = PrefixChain.of(TenantId.DEFAULT, messages(contents));
    return new RouteRequest(prefix.tokens(prefix.length() - 1), null, prefix);
  }

  private static List<ChatMessage> messages(String... contents) {
    List<ChatMessage> messages = new ArrayList<>();
    for (String content : contents) {
      messages.add(new ChatMessage(messages.isEmpty() ? ChatRole.SYSTEM : ChatRole.USER, content));
    }
    return messages;
  }

  private int send(Selection selection, RouteRequest request) {
    EndpointLoad chosen = selection.choose(request, candidates());
    selection.sent(request, chosen);
    return candidates().indexOf(chosen);
  }

  private int choice(Selection selection, RouteRequest request) {
    List<EndpointLoad> candidates = candidates();
    return candidates.indexOf(selection.choose(request, candidates));
  }

  private List<Integer> choices(Selection selection, RouteRequest request, int count) {
    List<Integer> choices = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      choices.add(choice(selection, request));
    }
    return choices;
  }

  private int[] counts(Selection selection, int choices) {
    int[] counts = new int[inFlight.length];
    choices(selection, request(null), choices).forEach(index -> counts[index]++);
    return counts;
  }

  private List<EndpointLoad> candidates() {
    List<EndpointLoad> candidates = new ArrayList<>();
    for (int index = 0; index < inFlight.length; index++) {
      candidates.add(
          new EndpointLoad(
              new EndpointId("e" + index),
              weights[index],
              inFlight[index],
              SLOTS,
              0,
              paces[index]));
    }
    return candidates;
  }
}
