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
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A receipt that is kept in memory: all but its session as a line of bytes, about 40 of them.
 *
 * <p>A busy gateway keeps thousands of receipts a second and is asked for hardly any, and what
 * lives long is what a garbage collector copies: this is two objects where a receipt is nearly
 * twenty. Nothing is lost. Immutable.
 */
final class PackedReceipt {
  private static final List<DestructionReason> REASONS = List.of(DestructionReason.values());
  private static final List<Stage> STAGES = List.of(Stage.values());
  private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

  private static final int LONGEST_NUMBER = 10;
  private static final int NUMBERS = 5;
  private static final int NUMBERS_PER_STAGE = 4;
  private static final int LOW_BITS = 7;
  private static final int MORE = 1 << LOW_BITS;

  private final TenantId tenant;
  private final byte[] line;

  /** Packs a receipt. */
  PackedReceipt(DestructionReceipt receipt) {
    List<StageResult> stages = receipt.stages();
    ByteBuffer out =
        ByteBuffer.allocate(LONGEST_NUMBER * (NUMBERS + NUMBERS_PER_STAGE * stages.size()));
    write(out, REASONS.indexOf(receipt.reason()));
    Instant startedAt = receipt.startedAt();
    write(out, startedAt.getEpochSecond());
    write(out, startedAt.getNano());
    // Nothing counted is 0, so that what was counted is one more.
    write(out, receipt.residue() instanceof Residue.Counted(int kvTokens) ? kvTokens + 1L : 0);
    write(out, stages.size());
    for (StageResult result : stages) {
      write(out, STAGES.indexOf(result.stage()));
      write(out, OUTCOMES.indexOf(result.outcome()));
      write(out, result.took().toSeconds());
      write(out, result.took().toNanosPart());
    }
    tenant = receipt.tenant();
    line = Arrays.copyOf(out.array(), out.position());
  }

  /** The receipt as it was. */
  DestructionReceipt of(SessionId session) {
    ByteBuffer in = ByteBuffer.wrap(line);
    DestructionReason reason = REASONS.get((int) read(in));
    Instant startedAt = Instant.ofEpochSecond(read(in), read(in));
    long counted = read(in);
    Residue residue =
        counted == 0 ? new Residue.Unknown() : new Residue.Counted(Math.toIntExact(counted - 1));
    List<StageResult> stages = Stream.generate(() -> stage(in)).limit(read(in)).toList();
    return new DestructionReceipt(session, tenant, reason, startedAt, stages, residue);
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
