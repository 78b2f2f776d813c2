package dev.hourglass.testkit.store;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.core.session.TurnRecord.Status;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * A session store without a medium: it keeps the whole contract except durability, and fails or
 * stalls on command.
 *
 * <p>{@link #failNext} makes a later call throw, {@link #blockNext} makes it wait; each order is
 * used up by the first call it fits, in the order they were given. A call that blocks does so
 * before it takes the store's lock, so other calls go on meanwhile.
 */
public final class InMemorySessionStore implements SessionStore {
  /** The methods of the port, to say which call an order is for. */
  public enum Call {
    CREATE,
    SESSIONS,
    HISTORY,
    TURNS,
    COMPLETED_TURN,
    APPEND,
    TOUCH,
    MARK_TERMINATING,
    ERASE_TRANSCRIPT,
    DEREGISTER,
    SAVE_RECEIPT,
    CONCLUDE,
    RECEIPT
  }

  private static final int DEFAULT_RECEIPTS_KEPT = 1000;

  private final int receiptsKept;
  private final Object lock = new Object();
  private final Map<SessionId, Stored> sessions = new LinkedHashMap<>();
  private final Map<SessionId, DestructionReceipt> receipts = new LinkedHashMap<>();
  private final Deque<Order> orders = new ArrayDeque<>();
  private boolean closed;

  public InMemorySessionStore() {
    this(DEFAULT_RECEIPTS_KEPT);
  }

  /**
   * A store of its own bound.
   *
   * @param receiptsKept at least 1
   */
  public InMemorySessionStore(int receiptsKept) {
    if (receiptsKept < 1) {
      throw new IllegalArgumentException("receipts kept: " + receiptsKept + " (expected: >= 1)");
    }
    this.receiptsKept = receiptsKept;
  }

  /** Makes the next call throw {@link SessionStoreException} and change nothing. */
  public void failNext() {
    failNext(EnumSet.allOf(Call.class));
  }

  /** Makes the next such call throw {@link SessionStoreException} and change nothing. */
  public void failNext(Call call) {
    failNext(EnumSet.of(call));
  }

  private void failNext(Set<Call> calls) {
    order(new Order.Fail(calls));
  }

  /** Makes the next call wait until it is released. */
  public BlockedCall blockNext() {
    return blockNext(EnumSet.allOf(Call.class));
  }

  /** Makes the next such call wait until it is released. */
  public BlockedCall blockNext(Call call) {
    return blockNext(EnumSet.of(call));
  }

  private BlockedCall blockNext(Set<Call> calls) {
    BlockedCall blocked = new BlockedCall();
    order(new Order.Block(calls, blocked));
    return blocked;
  }

  private void order(Order order) {
    synchronized (lock) {
      orders.add(order);
    }
  }

  /** An open store that has what this one has: what a restarted gateway would find. */
  public InMemorySessionStore reopened() {
    InMemorySessionStore next = new InMemorySessionStore(receiptsKept);
    synchronized (lock) {
      sessions.forEach((id, stored) -> next.sessions.put(id, stored.copy()));
      next.receipts.putAll(receipts);
    }
    return next;
  }

  @Override
  public void create(SessionRecord session, List<ChatMessage> initialMessages) {
    obey(Call.CREATE);
    synchronized (lock) {
      requireOpen();
      boolean tokenTaken =
          sessions.values().stream()
              .anyMatch(stored -> stored.session.tokenHash().equals(session.tokenHash()));
      if (tokenTaken || sessions.containsKey(session.id())) {
        throw new IllegalStateException("session " + session.id() + ": its id or token is taken");
      }
      Stored stored = new Stored(session);
      if (!initialMessages.isEmpty()) {
        stored.turns.put(0, turnZero(session, initialMessages));
      }
      sessions.put(session.id(), stored);
    }
  }

  private static TurnRecord turnZero(SessionRecord session, List<ChatMessage> messages) {
    return new TurnRecord(
        session.id(),
        0,
        null,
        Status.COMPLETED,
        messages,
        "",
        null,
        0,
        0,
        0,
        session.createdAt(),
        session.createdAt());
  }

  @Override
  public List<SessionRecord> sessions() {
    obey(Call.SESSIONS);
    synchronized (lock) {
      requireOpen();
      return sessions.values().stream().map(stored -> stored.session).toList();
    }
  }

  @Override
  public List<ChatMessage> history(SessionId session) {
    obey(Call.HISTORY);
    List<ChatMessage> history = new ArrayList<>();
    for (TurnRecord turn : storedTurns(session)) {
      if (turn.status() == Status.COMPLETED) {
        history.addAll(turn.input());
        if (turn.number() > 0) {
          history.add(new ChatMessage(ChatRole.ASSISTANT, turn.answer()));
        }
      }
    }
    return List.copyOf(history);
  }

  @Override
  public List<TurnRecord> turns(SessionId session) {
    obey(Call.TURNS);
    return storedTurns(session);
  }

  private List<TurnRecord> storedTurns(SessionId session) {
    synchronized (lock) {
      requireOpen();
      Stored stored = sessions.get(session);
      return stored == null ? List.of() : List.copyOf(stored.turns.values());
    }
  }

  @Override
  public Optional<TurnRecord> completedTurn(SessionId session, RetryKey key) {
    obey(Call.COMPLETED_TURN);
    return storedTurns(session).reversed().stream()
        .filter(turn -> turn.status() == Status.COMPLETED && key.equals(turn.retryKey()))
        .findFirst();
  }

  @Override
  public void append(TurnRecord turn) {
    obey(Call.APPEND);
    synchronized (lock) {
      requireOpen();
      Stored stored = sessions.get(turn.session());
      if (stored == null) {
        throw new IllegalStateException("session " + turn.session() + " is unknown");
      }
      if (stored.session.terminating()) {
        throw new IllegalStateException("session " + turn.session() + " is terminating");
      }
      if (turn.number() < 1 || stored.turns.putIfAbsent(turn.number(), turn) != null) {
        throw new IllegalStateException(
            "session "
                + turn.session()
                + ": turn "
                + turn.number()
                + " (expected: at least 1, and not there yet)");
      }
      stored.countTurn();
      stored.usedAt(turn.endedAt());
    }
  }

  @Override
  public void touch(SessionId session, Instant lastActive) {
    obey(Call.TOUCH);
    synchronized (lock) {
      requireOpen();
      Stored stored = sessions.get(session);
      if (stored != null) {
        stored.usedAt(lastActive);
      }
    }
  }

  @Override
  public void markTerminating(SessionId session) {
    obey(Call.MARK_TERMINATING);
    synchronized (lock) {
      requireOpen();
      Stored stored = sessions.get(session);
      if (stored != null) {
        stored.markTerminating();
      }
    }
  }

  @Override
  public void eraseTranscript(SessionId session) {
    obey(Call.ERASE_TRANSCRIPT);
    synchronized (lock) {
      requireOpen();
      Stored stored = sessions.get(session);
      if (stored != null) {
        stored.erase();
      }
    }
  }

  @Override
  public void deregister(SessionId session) {
    obey(Call.DEREGISTER);
    synchronized (lock) {
      requireOpen();
      sessions.remove(session);
    }
  }

  @Override
  public void saveReceipt(DestructionReceipt receipt) {
    obey(Call.SAVE_RECEIPT);
    synchronized (lock) {
      requireOpen();
      keep(receipt);
    }
  }

  private void keep(DestructionReceipt receipt) {
    receipts.remove(receipt.session());
    receipts.put(receipt.session(), receipt);
    if (receipts.size() > receiptsKept) {
      receipts.remove(receipts.keySet().iterator().next());
    }
  }

  @Override
  public void conclude(DestructionReceipt receipt) {
    obey(Call.CONCLUDE);
    synchronized (lock) {
      requireOpen();
      sessions.remove(receipt.session());
      keep(receipt);
    }
  }

  @Override
  public Optional<DestructionReceipt> receipt(SessionId session) {
    obey(Call.RECEIPT);
    synchronized (lock) {
      requireOpen();
      return Optional.ofNullable(receipts.get(session));
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new SessionStoreException(
          "session store is closed", new IllegalStateException("closed"));
    }
  }

  private void obey(Call call) {
    switch (takeOrderFor(call).orElse(null)) {
      case null -> {}
      case Order.Fail fail ->
          throw new SessionStoreException(
              "session store: " + call + " was told to fail", new IOException("told to fail"));
      case Order.Block block -> block.blocked.await();
    }
  }

  private Optional<Order> takeOrderFor(Call call) {
    synchronized (lock) {
      for (Iterator<Order> remaining = orders.iterator(); remaining.hasNext(); ) {
        Order order = remaining.next();
        if (order.calls().contains(call)) {
          remaining.remove();
          return Optional.of(order);
        }
      }
      return Optional.empty();
    }
  }

  /** A call that waits inside the store, to be released by the test. */
  public static final class BlockedCall implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private BlockedCall() {}

    /**
     * Waits until a call is inside the store.
     *
     * @throws AssertionError if none comes within ten seconds
     */
    public void awaitArrival() throws InterruptedException {
      if (!arrived.await(PATIENCE.toMillis(), MILLISECONDS)) {
        throw new AssertionError("no call arrived within " + PATIENCE);
      }
    }

    /** Lets the call go on, now or when it comes. */
    public void release() {
      released.countDown();
    }

    @Override
    public void close() {
      release();
    }

    private void await() {
      arrived.countDown();
      try {
        released.await();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new SessionStoreException("session store: interrupted while blocked", interrupted);
      }
    }
  }

  /** What to do to the first of some calls. */
  private sealed interface Order {
    Set<Call> calls();

    record Fail(Set<Call> calls) implements Order {}

    record Block(Set<Call> calls, BlockedCall blocked) implements Order {}
  }

  /** A session with its turns; guarded by the store's lock. */
  private static final class Stored {
    private SessionRecord session;
    private final TreeMap<Integer, TurnRecord> turns = new TreeMap<>();

    Stored(SessionRecord session) {
      this.session = session;
    }

    Stored copy() {
      Stored copy = new Stored(session);
      copy.turns.putAll(turns);
      return copy;
    }

    void countTurn() {
      session = with(session.lastActive(), session.turns() + 1, session.terminating());
    }

    void usedAt(Instant use) {
      if (use.isAfter(session.lastActive())) {
        session = with(use, session.turns(), session.terminating());
      }
    }

    void markTerminating() {
      session = with(session.lastActive(), session.turns(), true);
    }

    void erase() {
      turns.clear();
      session = with(Map.of(), session.lastActive(), session.turns(), session.terminating());
    }

    private SessionRecord with(Instant lastActive, int turnsOnRecord, boolean terminating) {
      return with(session.metadata(), lastActive, turnsOnRecord, terminating);
    }

    private SessionRecord with(
        Map<String, String> metadata, Instant lastActive, int turnsOnRecord, boolean terminating) {
      return new SessionRecord(
          session.id(),
          session.tenant(),
          session.tokenHash(),
          session.model(),
          session.createdAt(),
          session.contextTtl(),
          metadata,
          lastActive,
          turnsOnRecord,
          terminating);
    }
  }
}
