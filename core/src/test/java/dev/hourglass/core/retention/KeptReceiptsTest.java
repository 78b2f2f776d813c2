package dev.hourglass.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptReceiptsTest {
  private static final int MOST = 3;

  private final Random random = new Random(1);
  private final KeptReceipts kept = new KeptReceipts(MOST);

  @Test
  void theLatestAreKept() {
    List<DestructionReceipt> all =
        List.of(receipt(1), receipt(2), receipt(300_000), receipt(4), receipt(500_000));

    all.forEach(kept::keep);

    assertThat(kept.find(all.get(0).session())).isEmpty();
    assertThat(kept.find(all.get(1).session())).isEmpty();
    for (DestructionReceipt late : all.subList(2, 5)) {
      assertThat(kept.find(late.session())).contains(late);
    }
  }

  @Test
  void ofTwoReceiptsOfASessionTheLaterCounts() {
    DestructionReceipt first = receipt(1);
    DestructionReceipt second = again(first, 2);
    kept.keep(first);
    kept.keep(second);

    assertThat(kept.find(first.session())).contains(second);

    // Takes the place of the first.
    kept.keep(receipt(3));
    kept.keep(receipt(4));
    assertThat(kept.find(first.session())).contains(second);
  }

  @Test
  void anotherIdFindsNothing() {
    kept.keep(receipt(1));

    assertThat(kept.find(SessionId.random(random))).isEmpty();
  }

  private DestructionReceipt receipt(int nanos) {
    return new DestructionReceipt(
        SessionId.random(random),
        new TenantId("tenant-" + nanos),
        DestructionReason.PRESSURE,
        Instant.EPOCH,
        List.of(new StageResult(Stage.MARK, Outcome.APPLIED, Duration.ofNanos(nanos))),
        new Residue.Unknown());
  }

  private static DestructionReceipt again(DestructionReceipt earlier, int tokens) {
    return new DestructionReceipt(
        earlier.session(),
        earlier.tenant(),
        earlier.reason(),
        earlier.startedAt(),
        earlier.stages(),
        new Residue.Counted(tokens));
  }
}
