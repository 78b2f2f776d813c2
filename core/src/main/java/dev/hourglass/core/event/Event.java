package dev.hourglass.core.event;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.reservation.ReservationStatus;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionState;

/** Something that happened to a session or a turn. Holds no message text. */
public sealed interface Event {
  /** A session was born. */
  record SessionCreated(SessionId session, SessionKind kind) implements Event {}

  /** A session moved on in its life. */
  record StateChanged(SessionId session, SessionState from, SessionState to) implements Event {}

  /** A lease came back. */
  record LeaseEnded(SessionId session, LeaseEnd end) implements Event {}

  /** A lease that its holder had forgotten was taken back. */
  record LeaseLost(SessionId session) implements Event {}

  /** Somebody asked for a turn with a model that is served here; it may still be refused. */
  record TurnArrived(String model) implements Event {}

  /** A turn ended, in whatever way. */
  record TurnEnded(SessionId session, TurnEnd end) implements Event {}

  /** A turn was refused before it reached an engine. */
  record TurnRefused(Refusal refusal) implements Event {}

  /** A session is gone. */
  record SessionDestroyed(SessionKind kind, DestructionReceipt receipt) implements Event {}

  /** A living session's KV state left its engine by decision, and that was proven. */
  record SessionReleased(SessionKind kind, DestructionReceipt receipt) implements Event {}

  /** A reservation is new, or moved on in its life. */
  record ReservationMoved(String pool, ReservationStatus status) implements Event {}

  /** The sweep found KV state that no session owns, and released it. */
  record OrphanReleased(SessionId session) implements Event {}
}
