package dev.hourglass.core.admission;

import java.time.Duration;

/** Why a turn may not run now. */
public sealed interface Rejection {
  /**
   * Its place in line is kept.
   *
   * @param retryAfter whole seconds, after which the place is expected to be first
   * @param ticket stands for the place, once; its tenant alone can use it
   */
  record ComeBack(Duration retryAfter, String ticket) implements Rejection {}

  /**
   * The line is as long as it may be; no place is kept.
   *
   * @param retryAfter whole seconds, after which the line is expected to be short
   */
  record TooFarOff(Duration retryAfter) implements Rejection {}

  /** The ticket stands for no place; nothing has changed. */
  record BadTicket(TicketFault fault) implements Rejection {}

  /** What is wrong with a ticket. */
  enum TicketFault {
    /** Not made here, altered, or another tenant's: these cannot be told apart. */
    UNKNOWN,
    /** Its holder came too late. */
    EXPIRED,
    /** It has been used. */
    USED
  }
}
