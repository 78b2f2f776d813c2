package dev.hourglass.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TurnRecord.Status;
import dev.hourglass.testkit.store.InMemorySessionStore.BlockedCall;
import dev.hourglass.testkit.store.InMemorySessionStore.Call;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class InMemorySessionStoreTest extends SessionStoreContractTest {
  @Override
  protected SessionStore open() {
    return new InMemorySessionStore(RECEIPTS_KEPT);
  }

  @Override
  protected SessionStore reopen(SessionStore store) {
    store.close();
    return ((InMemorySessionStore) store).reopened();
  }

  @Nested
  class OnCommand {
    private final InMemorySessionStore store = new InMemorySessionStore();

    @Test
    void failsTheNextCallOnceAndChangesNothing() {
      store.failNext();

      assertThatThrownBy(() -> store.create(session(sessionId(1)), List.of()))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("CREATE");

      assertThat(store.sessions()).isEmpty();
    }

    @Test
    void failsTheNamedCallAndLetsOthersPass() {
      store.failNext(Call.APPEND);

      store.create(session(sessionId(1)), List.of());

      assertThatThrownBy(() -> store.append(turn(sessionId(1), 1, Status.COMPLETED)))
          .isInstanceOf(SessionStoreException.class);
      assertThat(store.turns(sessionId(1))).isEmpty();
      store.append(turn(sessionId(1), 1, Status.COMPLETED));
      assertThat(store.turns(sessionId(1))).hasSize(1);
    }

    @Test
    void failsAsOftenAsItWasTold() {
      store.failNext(Call.SESSIONS);
      store.failNext(Call.SESSIONS);

      assertThatThrownBy(store::sessions).isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(store::sessions).isInstanceOf(SessionStoreException.class);
      assertThat(store.sessions()).isEmpty();
    }

    @Test
    void aBlockedCallChangesNothingUntilItIsReleasedAndOthersGoOn() throws Exception {
      BlockedCall blocked = store.blockNext(Call.CREATE);
      CompletableFuture<Void> call =
          CompletableFuture.runAsync(() -> store.create(session(sessionId(1)), List.of()));
      blocked.awaitArrival();

      assertThat(store.sessions()).isEmpty();
      assertThat(call).isNotDone();

      blocked.release();
      call.get(10, TimeUnit.SECONDS);
      assertThat(store.sessions()).hasSize(1);
    }

    @Test
    void refusesABoundBelowOne() {
      assertThatThrownBy(() -> new InMemorySessionStore(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("receipts kept: 0 (expected: >= 1)");
    }
  }
}
