package dev.hourglass.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PackedReceiptTest {
  private static final SessionId SESSION = SessionId.random(new Random(1));

  /** One with the longest numbers there are. */
  private static final DestructionReceipt LONG =
      new DestructionReceipt(
          SessionId.random(new Random(2)),
          TenantId.DEFAULT,
          DestructionReason.PRESSURE,
          Instant.MIN,
          Stream.of(Stage.values())
              .map(stage ->
                  new StageResult(stage, Outcome.FAILED, Duration.ofSeconds(Long.MAX_VALUE)))
              .toList(),
          new Residue.Counted(Integer.MAX_VALUE));

  @Property
  void aReceiptIsUnpackedAsItWasWhateverWasThereBefore(
      @ForAll("receipts") DestructionReceipt receipt) {
    PackedReceipt row = new PackedReceipt();

    row.set(LONG, ByteBuffer.allocate(PackedReceipt.LONGEST));
    row.set(receipt, ByteBuffer.allocate(PackedReceipt.LONGEST));

    assertThat(row.get(SESSION)).isEqualTo(receipt);
  }

  @Provide
  Arbitrary<DestructionReceipt> receipts() {
    Arbitrary<Duration> took =
        Arbitraries.longs().between(0, Long.MAX_VALUE).map(Duration::ofNanos);
    Arbitrary<List<StageResult>> stages =
        Combinators.combine(Arbitraries.of(Stage.class), Arbitraries.of(Outcome.class), took)
            .as(StageResult::new)
            .list()
            .uniqueElements(StageResult::stage);
    Arbitrary<Residue> residue =
        Arbitraries.integers()
            .greaterOrEqual(0)
            .<Residue>map(Residue.Counted::new)
            .injectNull(0.2)
            .map(counted -> counted == null ? new Residue.Unknown() : counted);
    Arbitrary<Instant> startedAt =
        Combinators.combine(
                Arbitraries.longs()
                    .between(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()),
                Arbitraries.longs().between(0, 999_999_999))
            .as(Instant::ofEpochSecond);
    return Combinators.combine(Arbitraries.of(DestructionReason.class), startedAt, stages, residue)
        .as((reason, start, results, left) ->
            new DestructionReceipt(SESSION, new TenantId("acme"), reason, start, results, left));
  }

  @Test
  void nothingCountedIsNotACountOfNothing() {
    DestructionReceipt receipt =
        new DestructionReceipt(
            SESSION,
            TenantId.DEFAULT,
            DestructionReason.PRESSURE,
            Instant.EPOCH,
            List.of(),
            new Residue.Unknown());

    PackedReceipt row = new PackedReceipt();
    row.set(receipt, ByteBuffer.allocate(PackedReceipt.LONGEST));

    assertThat(row.get(SESSION).residue()).isEqualTo(new Residue.Unknown());
  }
}
