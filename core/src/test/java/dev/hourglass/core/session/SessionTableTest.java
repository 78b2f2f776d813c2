package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.SessionTable.Birth;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionTableTest {
  private static final TenantId A = new TenantId("a");
  private static final TenantId B = new TenantId("b");
  private static final ChatMessage HELLO = new ChatMessage(ChatRole.USER, "hello");
  private static final ChatMessage HI = new ChatMessage(ChatRole.ASSISTANT, "hi");
  private static final ChatMessage MORE = new ChatMessage(ChatRole.USER, "more");

  private final ManualClock clock = new ManualClock();
  private final SessionTable table =
      new SessionTable(
          new SessionLimits(2, 3, 2, Duration.ofMinutes(30), Duration.ofDays(1)),
          new Random(1),
          clock,
          new EventBus());

  private static MessageChain chain(TenantId tenant, ChatMessage... messages) {
    return MessageChain.of(tenant, List.of(messages));
  }

  private Session answered(TenantId tenant, ChatMessage asked, ChatMessage answer) {
    Session session = table.addImplicit(tenant, "tiny").session();
    MessageChain chain = chain(tenant, asked);
    table.remember(session, chain, chain.answered(answer.content()));
    return session;
  }

  @Test
  void aResentHistoryFindsItsSession() {
    Session session = answered(A, HELLO, HI);

    assertThat(table.continuedBy(chain(A, HELLO, HI, MORE))).contains(session);
  }

  @Test
  void anAnswerTrimmedAtItsEndIsStillRecognised() {
    Session session = answered(A, HELLO, new ChatMessage(ChatRole.ASSISTANT, "hi \n"));

    assertThat(table.continuedBy(chain(A, HELLO, HI, MORE))).contains(session);
  }

  @Test
  void anEditedHistoryIsAnotherConversation() {
    answered(A, HELLO, HI);

    ChatMessage edited = new ChatMessage(ChatRole.ASSISTANT, "hi there");
    assertThat(table.continuedBy(chain(A, HELLO, edited, MORE))).isEmpty();
  }

  @Test
  void theSameHistoryOfAnotherTenantIsAnotherConversation() {
    answered(A, HELLO, HI);

    assertThat(table.continuedBy(chain(B, HELLO, HI, MORE))).isEmpty();
  }

  @Test
  void aConversationThatOnlyBeginsAlikeIsANewOne() {
    answered(A, HELLO, HI);

    assertThat(table.continuedBy(chain(A, HELLO))).isEmpty();
  }

  @Test
  void aTurnThatIsAskedAgainFindsItsSession() {
    Session session = answered(A, HELLO, HI);
    MessageChain second = chain(A, HELLO, HI, MORE);
    table.remember(session, second, second.answered("what?"));

    assertThat(table.continuedBy(second)).contains(session);
    assertThat(table.continuedBy(chain(A, HELLO, HI, new ChatMessage(ChatRole.USER, "other"))))
        .as("the history before it has been left")
        .isEmpty();
  }

  @Test
  void atTheBoundTheOldestIdleImplicitSessionIsDisplaced() {
    Session first = answered(A, HELLO, HI);
    Session second = table.addImplicit(A, "tiny").session();
    Session third = table.addImplicit(A, "tiny").session();
    second.requestTurn(new Silent());
    MessageChain chain = chain(A, HELLO);
    table.remember(first, chain, chain.answered("hi"));

    Birth birth = table.addImplicit(A, "tiny");

    assertThat(birth.displaced()).as("first was used later, second is busy").isEqualTo(third);
  }

  @Test
  void aDisplacedSessionIsNotDisplacedTwice() {
    Session first = table.addImplicit(A, "tiny").session();
    Session second = table.addImplicit(A, "tiny").session();
    table.addImplicit(A, "tiny");

    assertThat(table.addImplicit(A, "tiny").displaced()).isEqualTo(first);
    assertThat(table.addImplicit(A, "tiny").displaced()).isEqualTo(second);
  }

  @Test
  void explicitSessionsBeyondTheLimitAreNotAdded() {
    assertThat(table.addExplicit(explicit(1, A))).isPresent();
    assertThat(table.addExplicit(explicit(2, A))).isPresent();
    assertThat(table.addExplicit(explicit(3, A))).isEmpty();
    assertThat(table.size()).isEqualTo(2);
  }

  @Test
  void aTokenOpensItsSessionForItsTenantOnlyAndNothingOnceRemoved() {
    Session session = table.addExplicit(explicit(1, A)).orElseThrow();
    SessionToken token = SessionToken.presented("token-1");

    assertThat(table.byToken(A, token)).contains(session);
    assertThat(table.byToken(B, token)).isEmpty();
    table.remove(session);
    assertThat(table.byToken(A, token)).isEmpty();
    assertThat(table.byId(session.id())).isEmpty();
    assertThat(table.addExplicit(explicit(2, A))).isPresent();
    assertThat(table.addExplicit(explicit(3, A))).as("its place is free again").isPresent();
  }

  @Test
  void aForgottenSessionIsNotRecognisedAndNotRememberedAgain() {
    Session session = answered(A, HELLO, HI);
    table.remove(session);
    MessageChain chain = chain(A, HELLO);
    table.remember(session, chain, chain.answered("hi"));

    assertThat(table.continuedBy(chain(A, HELLO, HI, MORE))).isEmpty();
  }

  @Test
  void listsATenantsSessionsLatestUsedFirst() {
    Session first = table.addImplicit(A, "tiny").session();
    clock.advance(Duration.ofSeconds(1));
    Session second = table.addImplicit(A, "tiny").session();
    table.addImplicit(B, "tiny");

    assertThat(table.list(A))
        .extracting(SessionSnapshot::id)
        .containsExactly(second.id(), first.id());
  }

  @Test
  void aWalkShowsEachLiveSessionOnceHoweverManyThereAre() {
    SessionTable large =
        new SessionTable(
            new SessionLimits(2, 10_000, 2, Duration.ofMinutes(30), Duration.ofDays(1)),
            new Random(1),
            clock,
            new EventBus());
    List<Session> live = new ArrayList<>();
    for (int number = 0; number < 2_500; number++) {
      Session session = large.addImplicit(A, "tiny").session();
      if (number % 3 == 0) {
        large.remove(session);
      } else {
        live.add(session);
      }
    }

    List<Session> seen = new ArrayList<>();
    large.forEach(seen::add);

    assertThat(seen).containsExactlyInAnyOrderElementsOf(live);
    assertThat(large.size()).isEqualTo(live.size());
    assertThat(live).allSatisfy(session -> assertThat(large.byId(session.id())).contains(session));
  }

  @Test
  void whoIsRemovedTwiceTakesNobodyElseAlong() {
    Session gone = table.addImplicit(A, "tiny").session();
    table.remove(gone);
    Session next = table.addImplicit(A, "tiny").session();

    table.remove(gone);

    assertThat(table.byId(gone.id())).isEmpty();
    assertThat(table.byId(next.id())).contains(next);
  }

  private SessionRecord explicit(int number, TenantId tenant) {
    Instant now = clock.instant();
    return new SessionRecord(
        table.newId(),
        tenant,
        SessionToken.presented("token-" + number).hash(),
        "tiny",
        now,
        Duration.ofMinutes(30),
        Map.of(),
        now,
        0,
        false);
  }

  private static final class Silent implements TurnHolder {
    @Override
    public void granted(Lease lease) {}

    @Override
    public void refused() {}

    @Override
    public void revoked() {}
  }
}
