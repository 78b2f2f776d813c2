package dev.hourglass.core.session;

import dev.hourglass.core.retention.DestructionReceipt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps explicit sessions across restarts. Calls block and are safe from any thread; a call that
 * returns has committed. Every method throws {@link SessionStoreException} when the medium fails or
 * the store is closed, and then has changed nothing. Of a session that the store does not know,
 * there is nothing to read: no messages, no turns, no receipt.
 */
public interface SessionStore extends AutoCloseable {

  /**
   * Adds a session with the messages it starts from, as its turn 0. Without such messages there is
   * no turn 0.
   *
   * @throws IllegalStateException if the id or the token is taken already
   */
  void create(SessionRecord session, List<ChatMessage> initialMessages);

  /** Every session that is not yet deregistered, those under destruction too, oldest first. */
  List<SessionRecord> sessions();

  /**
   * The messages of the session that a model sees: initial messages, then input and answer of each
   * completed turn, in order.
   */
  List<ChatMessage> history(SessionId session);

  /**
   * Every turn in order of its number, the failed and cancelled ones too. Initial messages are turn
   * 0, which is completed, has no finish reason and whose empty answer is not part of the history.
   */
  List<TurnRecord> turns(SessionId session);

  /** The latest completed turn that was sent with this key. */
  Optional<TurnRecord> completedTurn(SessionId session, RetryKey key);

  /**
   * Appends a turn, counts it, and sets the session's last activity to the turn's end, unless a
   * later use is already noted.
   *
   * @throws IllegalStateException if the session is unknown, terminating, or has that turn already;
   *     turn 0 belongs to {@link #create}
   */
  void append(TurnRecord turn);

  /** Notes when the session was used last, unless a later use is already noted. */
  void touch(SessionId session, Instant lastActive);

  /** Notes that the session's destruction has begun. Without effect on an unknown session. */
  void markTerminating(SessionId session);

  /**
   * Erases every turn of the session, messages and retry keys included, and its metadata. Nobody
   * reads them from now on; {@link #textLeft} tells whether the medium still has them. Idempotent.
   */
  void eraseTranscript(SessionId session);

  /**
   * Whether erased text of the session may still be in the store's files, for whoever looks at
   * their bytes. A store that overwrites late says within which time. Never blocks.
   */
  default boolean textLeft(SessionId session) {
    return false;
  }

  /** Forgets the session with all that is left of it, its receipt apart. Idempotent. */
  void deregister(SessionId session);

  /** Keeps a receipt, replacing one of the same session; the oldest go beyond the store's bound. */
  void saveReceipt(DestructionReceipt receipt);

  /**
   * Forgets the session of a receipt and keeps the receipt, both or neither: there is no moment at
   * which a session is gone without one.
   */
  void conclude(DestructionReceipt receipt);

  Optional<DestructionReceipt> receipt(SessionId session);

  /** Closes the store; what was committed stays. Idempotent. */
  @Override
  void close();
}
