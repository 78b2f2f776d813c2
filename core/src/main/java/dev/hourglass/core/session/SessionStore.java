package dev.hourglass.core.session;

import dev.hourglass.core.retention.DestructionReceipt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps explicit sessions across restarts. Calls block and are safe from any thread; a call that
 * returns has committed. Every method throws {@link SessionStoreException} when the medium fails,
 * and then has changed nothing.
 */
public interface SessionStore extends AutoCloseable {

  /** Adds a session with the messages it starts from, as its turn 0. */
  void create(SessionRecord session, List<ChatMessage> initialMessages);

  /** Every session that is not yet deregistered, those under destruction too. */
  List<SessionRecord> sessions();

  /**
   * The messages of the session that a model sees: initial messages, then input and answer of each
   * completed turn, in order.
   */
  List<ChatMessage> history(SessionId session);

  /** Every turn in order, the failed and cancelled ones too. Initial messages are turn 0. */
  List<TurnRecord> turns(SessionId session);

  /** The latest completed turn that was sent with this key. */
  Optional<TurnRecord> completedTurn(SessionId session, RetryKey key);

  /**
   * Appends a turn, counts it, and sets the session's last activity to the turn's end.
   *
   * @throws IllegalStateException if the session is unknown, terminating, or has that turn already
   */
  void append(TurnRecord turn);

  /** Notes when the session was used last, unless a later use is already noted. */
  void touch(SessionId session, Instant lastActive);

  /** Notes that the session's destruction has begun. Without effect on an unknown session. */
  void markTerminating(SessionId session);

  /** Erases every message of the session. Idempotent. */
  void eraseTranscript(SessionId session);

  /** Forgets the session. Idempotent. */
  void deregister(SessionId session);

  /** Keeps a receipt, replacing one of the same session; the oldest go beyond the store's bound. */
  void saveReceipt(DestructionReceipt receipt);

  Optional<DestructionReceipt> receipt(SessionId session);

  @Override
  void close();
}
