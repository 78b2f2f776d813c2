package dev.hourglass.core.retention.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GhostDuelTest {
  private static final int CAPACITY = 100;

  private final GhostDuel duel = new GhostDuel();

  @Test
  void theUsualOneLeadsUntilTheChallengerHasMore() {
    assertThat(duel.challengerLeads()).isFalse();
    duel.accessed(1, CAPACITY, 1, 1);
    assertThat(duel.challengerLeads()).as("a draw").isFalse();

    duel.accessed(1, CAPACITY, 0, 1);

    assertThat(duel.challengerLeads()).isTrue();
  }

  @Test
  void aDrawChangesNothing() {
    duel.accessed(1, CAPACITY, 0, 1);
    for (int access = 0; access < 10_000; access++) {
      duel.accessed(1, CAPACITY, 1, 1);
    }

    assertThat(duel.challengerLeads()).isTrue();
  }

  @Test
  void hitsCountHalfAfterFourCapacities() {
    duel.accessed(1, CAPACITY, 0, 64);
    duel.accessed(4 * CAPACITY, CAPACITY, 0, 0);

    duel.accessed(0, CAPACITY, 31.9, 0);
    assertThat(duel.challengerLeads()).isTrue();
    duel.accessed(0, CAPACITY, 0.2, 0);

    assertThat(duel.challengerLeads()).isFalse();
  }
}
