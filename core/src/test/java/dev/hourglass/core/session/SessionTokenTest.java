package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTokenTest {
  @Test
  void neverShowsItselfInText() {
    SessionToken token = SessionToken.random(new Random(1));

    assertThat(token.toString()).isEqualTo("hgs_…");
    assertThat(token.reveal()).startsWith("hgs_").hasSize(47);
  }

  @Test
  void aPresentedTokenHashesLikeTheOneThatWasDrawn() {
    SessionToken token = SessionToken.random(new Random(1));

    assertThat(SessionToken.presented(token.reveal()).hash()).isEqualTo(token.hash());
    assertThat(SessionToken.presented(token.reveal() + "x").hash()).isNotEqualTo(token.hash());
  }
}
