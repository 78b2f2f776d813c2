package dev.hourglass.engine.llama;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;

/** What a session holds in the KV cache, and the text behind it. */
final class Resident {
  static final int NO_SEQUENCE = -1;

  private final SessionId session;
  private final TenantId tenant;
  private final TokenList tokens = new TokenList();
  private int sequence = NO_SEQUENCE;
  private Trace trace = new Trace();
  private PromptPlanner.LeftOut leftOut = PromptPlanner.LeftOut.NOTHING;
  private int exactTokens = Integer.MAX_VALUE;
  private long lastUsedNanos;
  private boolean busy;

  Resident(SessionId session, TenantId tenant) {
    this.session = session;
    this.tenant = tenant;
  }

  SessionId session() {
    return session;
  }

  TenantId tenant() {
    return tenant;
  }

  /** Tokens whose KV is in the cells, at positions 0, 1, 2 and so on. */
  TokenList tokens() {
    return tokens;
  }

  int sequence() {
    return sequence;
  }

  void assignSequence(int assigned) {
    sequence = assigned;
  }

  Trace trace() {
    return trace;
  }

  void describe(Trace text, PromptPlanner.LeftOut left) {
    trace = text;
    leftOut = left;
  }

  PromptPlanner.LeftOut leftOut() {
    return leftOut;
  }

  /**
   * Leading tokens whose KV knows nothing but the tokens before it. What moved up behind a gap has
   * seen what was left out, so it is never shared with another session.
   */
  int exactTokens() {
    return Math.min(exactTokens, tokens.size());
  }

  void exactUpTo(int count) {
    exactTokens = count;
  }

  long lastUsedNanos() {
    return lastUsedNanos;
  }

  void usedAt(long nanos) {
    lastUsedNanos = nanos;
  }

  /** Whether a generation uses it at the moment. */
  boolean busy() {
    return busy;
  }

  void markBusy(boolean isBusy) {
    busy = isBusy;
  }
}
