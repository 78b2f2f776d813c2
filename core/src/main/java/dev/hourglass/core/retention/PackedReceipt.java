package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A place for a receipt: all but its session and its tenant as a line of bytes, about 40 of them.
 * Another receipt takes the place without a new object, unless its line is longer than any before.
 * Nothing is lost. Not thread-safe.
 */
final class PackedReceipt {
  private static final List<DestructionReason> REASONS = List.of(DestructionReason.values());
  private static final List<Stage> STAGES = List.of(Stage.values());
  private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

  private static final int LONGEST_NUMBER = 10;
  private static final int NUMBERS = 5;
  private static final int NUMBERS_PER_STAGE = 4;
  private static final int ROOM = 16;
  private static final int LOW_BITS = 7;
  private static final int MORE = 1 << LOW_BITS;

  /** Bytes that every line fits into; a receipt has each stage once at most. */
  static final int LONGEST = LONGEST_NUMBER * (NUMBERS + NUMBERS_PER_STAGE * STAGES.size());

  private @Nullable TenantId tenant;
  private byte[] line = {};

  /**
   * Packs a receipt.
   *
   * @param draft written over; {@link #LONGEST} bytes at least are left in it
   */
  void set(DestructionReceipt receipt, ByteBuffer draft) {
    int begin = draft.position();
    write(draft, REASONS.indexOf(receipt.reason()));
    Instant startedAt = receipt.startedAt();
    write(draft, startedAt.getEpochSecond());
    write(draft, startedAt.getNano());
    // Nothing counted is 0, so that what was counted is one more.
    write(draft, receipt.residue() instanceof Residue.Counted(int kvTokens) ? kvTokens + 1L : 0);
    List<StageResult> stages = receipt.stages();
    write(draft, stages.size());
    for (StageResult result : stages) {
      write(draft, STAGES.indexOf(result.stage()));
      write(draft, OUTCOMES.indexOf(result.outcome()));
      write(draft, result.took().toSeconds());
      write(draft, result.took().toNanosPart());
    }
    int length = draft.position() - begin;
    if (line.length < length) {
      // Receipts are of nearly one length; the next one shall fit.
      line = new byte[Math.ceilDiv(length, ROOM) * ROOM];
    }
    draft.get(begin, line, 0, length);
    if (!receipt.tenant().equals(tenant)) {
      tenant = receipt.tenant();
    }
  }

  /** The receipt as it was, which was this session's. */
  DestructionReceipt get(SessionId session) {
    ByteBuffer in = ByteBuffer.wrap(line);
    DestructionReason reason = REASONS.get((int) read(in));
    Instant startedAt = Instant.ofEpochSecond(read(in), read(in));
    long counted = read(in);
    Residue residue =
        counted == 0 ? new Residue.Unknown() : new Residue.Counted(Math.toIntExact(counted - 1));
    List<StageResult> stages = Stream.generate(() -> stage(in)).limit(read(in)).toList();
    return new DestructionReceipt(
        session, Objects.requireNonNull(tenant), reason, startedAt, stages, residue);
  }

  private static StageResult stage(ByteBuffer in) {
    Stage stage = STAGES.get((int) read(in));
    Outcome outcome = OUTCOMES.get((int) read(in));
    return new StageResult(stage, outcome, Duration.ofSeconds(read(in), read(in)));
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow (LEB128). */
  private static void write(ByteBuffer out, long number) {
    long left = number;
    while ((left & -MORE) != 0) {
      out.put((byte) (left | MORE));
      left >>>= LOW_BITS;
    }
    out.put((byte) left);
  }

  private static long read(ByteBuffer in) {
    long number = 0;
    int shift = 0;
    byte next;
    do {
      next = in.get();
      number |= (long) (next & (MORE - 1)) << shift;
      shift += LOW_BITS;
    } while (next < 0);
    return number;
  }
}
