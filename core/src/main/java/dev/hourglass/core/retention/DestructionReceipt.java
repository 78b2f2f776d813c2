package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The proof of a session's end: what each stage did, and what is left.
 *
 * @param stages in the order they ran
 * @param residue what the engine still held for the session, counted after the release
 */
public record DestructionReceipt(
    SessionId session,
    TenantId tenant,
    DestructionReason reason,
    Instant startedAt,
    List<StageResult> stages,
    Residue residue) {
  public DestructionReceipt {
    stages = List.copyOf(stages);
  }

  /** A step of destruction. */
  public enum Stage {
    /** No new request is accepted. */
    MARK,
    /** Running work is cancelled and its leases are back. */
    COMPUTE,
    /** The KV state is cleared. */
    KV,
    /** The transcript is erased. */
    TRANSCRIPT,
    /** The id and the token are forgotten. */
    DEREGISTER
  }

  /** What came of a stage. */
  public enum Outcome {
    APPLIED,
    UNSUPPORTED,
    FAILED
  }

  /** One stage of one destruction. */
  public record StageResult(Stage stage, Outcome outcome, Duration took) {}
}
