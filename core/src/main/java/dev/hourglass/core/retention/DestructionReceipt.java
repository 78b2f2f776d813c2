package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The proof that a session's state is gone, and the session too unless its reason only releases:
 * what each stage did, and what is left.
 *
 * @param stages in the order they ran
 * @param residue what the engine still held for the session, counted at the end
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
    /** What hangs on the session outside of the house is let go. */
    HOOKS,
    /** The id and the token are forgotten. */
    DEREGISTER,
    /** The engine's own cells are counted. */
    VERIFY
  }

  /** From the beginning to the end, without the pauses before a stage was tried again. */
  public Duration took() {
    return stages.stream().map(StageResult::took).reduce(Duration.ZERO, Duration::plus);
  }

  /** Whether a stage failed for good. */
  public boolean failed() {
    return stages.stream().anyMatch(result -> result.outcome() == Outcome.FAILED);
  }

  /** What came of a stage. */
  public enum Outcome {
    APPLIED,
    UNSUPPORTED,
    FAILED
  }

  /**
   * One stage of one destruction.
   *
   * @param took all tries together, without the pauses between them
   */
  public record StageResult(Stage stage, Outcome outcome, Duration took) {}
}
