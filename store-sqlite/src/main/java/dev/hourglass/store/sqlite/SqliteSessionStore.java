package dev.hourglass.store.sqlite;

import dev.hourglass.core.reservation.ReservationStore;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TurnRecord;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session store in one SQLite file with a write-ahead log.
 *
 * <p><b>Durability.</b> A call that returned has committed, and survives the end of the process
 * however it ends. Whether it survives a power loss is {@link SqliteSettings.Synchronous}; the file
 * stays consistent in either case.
 *
 * <p><b>Concurrency.</b> One connection writes, one call at a time; a few others read, each from
 * one consistent state. The file belongs to one store: a second one, in this process or another, is
 * refused.
 *
 * <p><b>Erasure.</b> SQLite overwrites what is deleted; the log, which still holds it, is folded
 * into the file and emptied once for all that was erased within {@link
 * SqliteSettings#erasureDelay}, and {@link #textLeft} is true until then. A delay of zero empties
 * it before the erasing call returns; where such calls queue up, the last one does it for all, and
 * none leaves more than {@value #MOST_LEFT_IN_A_QUEUE} behind. Closing and opening the store empty
 * it too, so a killed process leaves text until the next start. What the medium itself keeps of
 * overwritten blocks is beyond a store.
 *
 * <p>Text is kept as Unicode; an unpaired surrogate, which no well-formed text has, becomes a
 * question mark.
 */
public final class SqliteSessionStore implements SessionStore {
  private static final int MOST_LEFT_IN_A_QUEUE = 32;

  /** Sessions that are known one by one to have text left in the log. */
  private static final int MOST_LEFT = 10_000;

  /** Before the log is tried again where a reader, or the medium, was in the way. */
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(SqliteSessionStore.class);

  private final Path file;
  private final SqliteSettings settings;
  private final Connection lock;
  private final Handle writer;
  private final Readers readers;

  /** Guards the writer. */
  private final ReentrantLock writing = new ReentrantLock();

  /** Sessions whose erased text the log may still hold; bounded, and changed by the writer only. */
  private final Set<SessionId> leftInLog = ConcurrentHashMap.newKeySet();

  /** Whether there are more of them than are known one by one. */
  private volatile boolean moreLeft;

  /** Empties the log when its time has come. */
  private final ScheduledExecutorService later =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("store-erasure").factory());

  /** Whether the log is about to be emptied {@link #later}. Guarded by {@link #writing}. */
  private boolean emptyingSoon;

  /** Receipts in the file. Guarded by {@link #writing}. */
  private long receiptsStored;

  private volatile boolean closed;

  private SqliteSessionStore(
      Path file, SqliteSettings settings, Connection lock, Handle writer, Readers readers) {
    this.file = file;
    this.settings = settings;
    this.lock = lock;
    this.writer = writer;
    this.readers = readers;
    this.receiptsStored = new ReceiptRows(writer).count();
  }

  /**
   * Opens the store, creating or migrating its file where needed.
   *
   * @throws SessionStoreException if the file cannot be used; the message says why
   */
  public static SqliteSessionStore open(SqliteSettings settings) {
    DatabaseFile file = DatabaseFile.prepare(settings);
    Connection lock = lock(file);
    try {
      return open(file, settings, lock);
    } catch (SQLException | RuntimeException failure) {
      close(lock);
      throw SqliteFailure.of(file.path(), "open", failure);
    }
  }

  private static Connection lock(DatabaseFile file) {
    try {
      return file.lock();
    } catch (SQLException taken) {
      throw SqliteFailure.of(
          file.path(),
          "open",
          "another gateway uses it (each needs a data folder of its own)",
          taken);
    }
  }

  private static SqliteSessionStore open(
      DatabaseFile file, SqliteSettings settings, Connection lock) throws SQLException {
    Handle writer = jdbi(file::openWriter).open();
    try {
      requireLog(writer);
      Schema.bringUpToDate(file, writer);
      // A process that was killed may have left erased text in the log.
      checkpoint(writer);
      Readers readers = new Readers(jdbi(file::openReader), settings.busyTimeout());
      return new SqliteSessionStore(file.path(), settings, lock, writer, readers);
    } catch (SQLException | RuntimeException failure) {
      writer.close();
      throw failure;
    }
  }

  private static Jdbi jdbi(ConnectionFactory connections) {
    Jdbi jdbi = Jdbi.create(connections);
    // An exception that shows its statement may show the message of a person.
    jdbi.configure(
        StatementExceptions.class,
        exceptions -> exceptions.setMessageRendering(MessageRendering.NONE));
    return jdbi;
  }

  private static void requireLog(Handle writer) throws SQLException {
    String mode = writer.createQuery("PRAGMA journal_mode").mapTo(String.class).one();
    if (!mode.equals("wal")) {
      throw new SQLException("journal mode: " + mode + " (expected: wal)");
    }
  }

  @Override
  public void create(SessionRecord session, List<ChatMessage> initialMessages) {
    write(
        "create a session",
        handle -> {
          SessionRows sessions = new SessionRows(handle);
          if (sessions.isTaken(session)) {
            throw new IllegalStateException(
                "session " + session.id() + ": its id or token is taken");
          }
          long key = sessions.insert(session);
          if (!initialMessages.isEmpty()) {
            new TurnRows(handle).insertInitial(key, session, initialMessages);
          }
        });
  }

  @Override
  public List<SessionRecord> sessions() {
    return read("list sessions", handle -> new SessionRows(handle).all());
  }

  @Override
  public List<ChatMessage> history(SessionId session) {
    return read("read a history", handle -> new TurnRows(handle).history(session));
  }

  @Override
  public List<TurnRecord> turns(SessionId session) {
    return read(
        "read turns",
        handle -> {
          OptionalLong key = new SessionRows(handle).key(session);
          return key.isPresent() ? new TurnRows(handle).all(key.getAsLong(), session) : List.of();
        });
  }

  @Override
  public Optional<TurnRecord> completedTurn(SessionId session, RetryKey key) {
    return read(
        "look for a turn",
        handle -> {
          OptionalLong sessionKey = new SessionRows(handle).key(session);
          return sessionKey.isPresent()
              ? new TurnRows(handle).latestCompleted(sessionKey.getAsLong(), session, key)
              : Optional.empty();
        });
  }

  @Override
  public void append(TurnRecord turn) {
    write(
        "append a turn",
        handle -> {
          SessionRows sessions = new SessionRows(handle);
          TurnRows turns = new TurnRows(handle);
          long key = appendable(sessions, turn.session());
          if (turn.number() < 1 || turns.exists(key, turn.number())) {
            throw new IllegalStateException(
                "session "
                    + turn.session()
                    + ": turn "
                    + turn.number()
                    + " (expected: at least 1, and not there yet)");
          }
          turns.insert(key, turn);
          sessions.countTurn(key, turn.endedAt());
        });
  }

  private static long appendable(SessionRows sessions, SessionId session) {
    SessionRows.Found found =
        sessions
            .find(session)
            .orElseThrow(() -> new IllegalStateException("session " + session + " is unknown"));
    if (found.terminating()) {
      throw new IllegalStateException("session " + session + " is terminating");
    }
    return found.key();
  }

  @Override
  public void touch(SessionId session, Instant lastActive) {
    write("note a use", handle -> new SessionRows(handle).touch(session, lastActive));
  }

  @Override
  public void markTerminating(SessionId session) {
    write("mark a session", handle -> new SessionRows(handle).markTerminating(session));
  }

  @Override
  public void eraseTranscript(SessionId session) {
    erase(
        "erase a transcript",
        session,
        handle -> {
          SessionRows sessions = new SessionRows(handle);
          OptionalLong key = sessions.key(session);
          if (key.isEmpty()) {
            return false;
          }
          boolean turns = new TurnRows(handle).deleteAll(key.getAsLong());
          boolean metadata = sessions.deleteMetadata(key.getAsLong());
          return turns || metadata;
        });
  }

  @Override
  public void deregister(SessionId session) {
    erase("forget a session", session, handle -> new SessionRows(handle).delete(session));
  }

  @Override
  public boolean textLeft(SessionId session) {
    return moreLeft || leftInLog.contains(session);
  }

  /** Sessions whose erased text may still be in the log. */
  public int textsLeft() {
    return leftInLog.size();
  }

  @Override
  public void saveReceipt(DestructionReceipt receipt) {
    keep("save a receipt", receipt, false);
  }

  @Override
  public void conclude(DestructionReceipt receipt) {
    keep("forget a session", receipt, true);
  }

  /** What came of keeping a receipt: how many there are then, and whether text was erased. */
  private record Kept(long receipts, boolean erased) {}

  private void keep(String action, DestructionReceipt receipt, boolean forget) {
    exclusively(
        action,
        writing -> {
          Kept kept =
              Transaction.WRITE.run(
                  writing,
                  handle -> {
                    SessionRows sessions = new SessionRows(handle);
                    // The name stays, in the receipt: only text is worth emptying the log for.
                    boolean erased = forget && sessions.hasText(receipt.session());
                    if (forget) {
                      sessions.delete(receipt.session());
                    }
                    long stored =
                        new ReceiptRows(handle)
                            .keep(receipt, receiptsStored, settings.receiptsKept());
                    return new Kept(stored, erased);
                  });
          receiptsStored = kept.receipts;
          if (kept.erased) {
            isLeftInLog(receipt.session());
          }
        });
  }

  @Override
  public Optional<DestructionReceipt> receipt(SessionId session) {
    return read("read a receipt", handle -> new ReceiptRows(handle).find(session));
  }

  /** The reservations in the same file; closed with this store. */
  public ReservationStore reservations() {
    return new SqliteReservationStore(this);
  }

  @Override
  public void close() {
    writing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      later.shutdownNow();
      readers.close();
      // The last connection to close folds the log into the file and removes it.
      writer.close();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      writer.close();
    } finally {
      close(lock);
      writing.unlock();
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException failure) {
      log.warn("session store: a connection did not close: {}", failure.getMessage());
    }
  }

  <T> T read(String action, Function<Handle, T> query) {
    requireOpen(action);
    try {
      return readers.read(query);
    } catch (JdbiException | IllegalArgumentException failure) {
      throw SqliteFailure.of(file, action, failure);
    } catch (TimeoutException busy) {
      throw SqliteFailure.of(file, action, "every reading connection is in use", busy);
    } catch (InterruptedException interrupted) {
      throw interrupted(action, interrupted);
    }
  }

  /** Makes a change of which no text is erased, and tells what it tells. */
  boolean change(String action, Predicate<Handle> change) {
    AtomicBoolean told = new AtomicBoolean();
    exclusively(action, handle -> told.set(Transaction.WRITE.run(handle, change::test)));
    return told.get();
  }

  private void write(String action, Consumer<Handle> change) {
    exclusively(
        action,
        writing -> {
          var _ =
              Transaction.WRITE.run(
                  writing,
                  handle -> {
                    change.accept(handle);
                    return true;
                  });
        });
  }

  /** Makes a change that tells whether it erased text of the session, and sees to the log if so. */
  private void erase(String action, SessionId session, Predicate<Handle> change) {
    exclusively(
        action,
        handle -> {
          if (Transaction.WRITE.run(handle, change::test)) {
            isLeftInLog(session);
          }
        });
  }

  private void isLeftInLog(SessionId session) {
    if (leftInLog.size() < MOST_LEFT) {
      leftInLog.add(session);
    } else {
      moreLeft = true;
    }
  }

  /** Runs on the writing connection, alone. */
  void exclusively(String action, Consumer<Handle> work) {
    takeWriter(action);
    try {
      requireOpen(action);
      work.accept(writer);
      settleErasures();
    } catch (JdbiException failure) {
      throw SqliteFailure.of(file, action, failure);
    } finally {
      writing.unlock();
    }
  }

  private void takeWriter(String action) {
    try {
      if (!writing.tryLock(settings.busyTimeout().toNanos(), TimeUnit.NANOSECONDS)) {
        throw SqliteFailure.of(
            file,
            action,
            "others have been writing for " + settings.busyTimeout(),
            new TimeoutException());
      }
    } catch (InterruptedException interrupted) {
      throw interrupted(action, interrupted);
    }
  }

  /** Sees to it that the log is emptied in time, which may be now. */
  private void settleErasures() {
    if (leftInLog.isEmpty()) {
      return;
    }
    if (!settings.erasureDelay().isZero()) {
      emptyLogAfter(settings.erasureDelay());
      return;
    }
    boolean nextWillDo = writing.hasQueuedThreads() && leftInLog.size() < MOST_LEFT_IN_A_QUEUE;
    if (!nextWillDo && !emptyLog()) {
      emptyLogAfter(PAUSE_AFTER_FAILURE);
    }
  }

  private void emptyLogAfter(Duration delay) {
    if (emptyingSoon || closed) {
      return;
    }
    emptyingSoon = true;
    var _ = later.schedule(this::emptyLogInTurn, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void emptyLogInTurn() {
    writing.lock();
    try {
      emptyingSoon = false;
      if (!closed && !leftInLog.isEmpty() && !emptyLog()) {
        emptyLogAfter(PAUSE_AFTER_FAILURE);
      }
    } finally {
      writing.unlock();
    }
  }

  private boolean emptyLog() {
    try {
      if (checkpoint(writer)) {
        leftInLog.clear();
        moreLeft = false;
        return true;
      }
    } catch (JdbiException failure) {
      // The erasure itself is committed, and textLeft tells that this is not done.
      log.warn("{}", SqliteFailure.of(file, "empty its log", failure).getMessage());
    }
    return false;
  }

  /** Folds the log into the file and empties it. Returns whether no reader was in the way. */
  private static boolean checkpoint(Handle writer) {
    return writer.createQuery("PRAGMA wal_checkpoint(TRUNCATE)").mapTo(int.class).one() == 0;
  }

  private void requireOpen(String action) {
    if (closed) {
      throw SqliteFailure.of(file, action, "it is closed", new IllegalStateException("closed"));
    }
  }

  private SessionStoreException interrupted(String action, InterruptedException interrupted) {
    Thread.currentThread().interrupt();
    return SqliteFailure.of(file, action, "the thread was interrupted", interrupted);
  }
}
