package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class MessageChainTest {
  private static final TenantId TENANT = TenantId.DEFAULT;

  @Property
  void answeringIsTheSameAsResendingTheAnswer(
      @ForAll("conversations") List<ChatMessage> asked, @ForAll String answer) {
    List<ChatMessage> resent = new ArrayList<>(asked);
    resent.add(new ChatMessage(ChatRole.ASSISTANT, answer));

    MessageChain answered = MessageChain.of(TENANT, asked).answered(answer);

    assertThat(answered.whole()).isEqualTo(MessageChain.of(TENANT, resent).whole());
    assertThat(answered.upToLastAnswer()).contains(answered.whole());
  }

  @Property
  void differentConversationsHaveDifferentHashes(
      @ForAll("conversations") List<ChatMessage> one,
      @ForAll("conversations") List<ChatMessage> other) {
    assertThat(MessageChain.of(TENANT, one).whole().equals(MessageChain.of(TENANT, other).whole()))
        .isEqualTo(one.equals(other));
  }

  @Test
  void theBorderBetweenMessagesCounts() {
    MessageChain one =
        MessageChain.of(
            TENANT,
            List.of(new ChatMessage(ChatRole.USER, "ab"), new ChatMessage(ChatRole.USER, "c")));
    MessageChain other =
        MessageChain.of(
            TENANT,
            List.of(new ChatMessage(ChatRole.USER, "a"), new ChatMessage(ChatRole.USER, "bc")));

    assertThat(one.whole()).isNotEqualTo(other.whole());
  }

  @Provide
  Arbitrary<List<ChatMessage>> conversations() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(6).map(String::stripTrailing);
    return Combinators.combine(Arbitraries.of(ChatRole.class), text)
        .as(ChatMessage::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }
}
