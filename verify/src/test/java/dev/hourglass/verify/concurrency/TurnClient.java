package dev.hourglass.verify.concurrency;

import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.TurnHolder;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Somebody who asked for a session's turn; fails whoever tells it something out of order. */
final class TurnClient implements TurnHolder {
  private final AtomicInteger turnsRunning;
  private @Nullable Lease lease;
  private boolean refused;
  private boolean revoked;

  /**
   * Creates a client.
   *
   * @param turnsRunning turns of the session that run now, counted by all its clients
   */
  TurnClient(AtomicInteger turnsRunning) {
    this.turnsRunning = turnsRunning;
  }

  @Override
  public synchronized void granted(Lease granted) {
    if (lease != null || refused) {
      throw new IllegalStateException("told twice");
    }
    if (turnsRunning.incrementAndGet() != 1) {
      throw new IllegalStateException("two turns run at once");
    }
    lease = granted;
    notifyAll();
  }

  @Override
  public synchronized void refused() {
    if (lease != null || refused) {
      throw new IllegalStateException("told twice");
    }
    refused = true;
    notifyAll();
  }

  /** May overtake {@link #granted}: the session can end while it hands the turn over. */
  @Override
  public synchronized void revoked() {
    if (revoked || refused) {
      throw new IllegalStateException("revoked twice, or after it was refused");
    }
    revoked = true;
  }

  /** Whether it was told anything yet. */
  synchronized boolean told() {
    return lease != null || refused;
  }

  /** Leaves the line, or ends the turn; waits for the turn where it is being handed over. */
  String leave(Session session) throws InterruptedException {
    if (session.withdraw(this)) {
      return "waited";
    }
    Lease held = awaitAnswer();
    if (held == null) {
      return "was refused";
    }
    turnsRunning.decrementAndGet();
    held.end(LeaseEnd.SUCCESS);
    return "had the turn";
  }

  private synchronized @Nullable Lease awaitAnswer() throws InterruptedException {
    while (!told()) {
      wait();
    }
    return lease;
  }
}
