package dev.hourglass.app.bench.oversubscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.bench.oversubscription.OversubscriptionReport.Result;
import dev.hourglass.core.residency.LadderLimits;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.testkit.gguf.TinyModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OversubscriptionTest {
  private static final long PLENTY = 1 << 28;

  @Test
  void plansAreTheSameEachTimeAndLikeTheTrace() {
    List<SessionPlan> plans = SessionPlan.draw(0.5, 20_000, 7);
    assertThat(SessionPlan.draw(0.5, 20_000, 7)).isEqualTo(plans);
    assertThat(SessionPlan.draw(0.5, 20_000, 8)).isNotEqualTo(plans);

    double multiTurn =
        (double) plans.stream().filter(plan -> !plan.gapsSeconds().isEmpty()).count()
            / plans.size();
    assertThat(multiTurn).isCloseTo(0.28, withPercentage(5));
    List<Double> gaps =
        plans.stream().flatMap(plan -> plan.gapsSeconds().stream()).sorted().toList();
    assertThat(gaps.get(gaps.size() / 2)).isCloseTo(131, withPercentage(5));
    assertThat(plans.getLast().firstSeconds()).isCloseTo(40_000, withPercentage(5));
    double waiting = gaps.stream().mapToDouble(Double::doubleValue).sum() / plans.size();
    assertThat(waiting).isCloseTo(SessionPlan.WAITING_BY_RATE, withPercentage(8));
  }

  /** One session comes three times, another between each; the engine has room for one of them. */
  @Test
  void aRunCountsWhatWasComputedAgainAndLeavesNothing(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(1).write(model);
    LlamaSettings settings =
        LlamaSettings.of(model, "tiny", folder.resolve("native"))
            .withContextTokens(2_048)
            .withKvTokens(2_048)
            .withMaxSequences(1)
            .withThreads(ComputeThreads.of(1));
    List<SessionPlan> plans =
        List.of(
            new SessionPlan(0, List.of(100.0, 100.0), 0, 1),
            new SessionPlan(50, List.of(), 0, 2),
            new SessionPlan(150, List.of(), 1, 3));

    Result alone = run(settings, new LadderLimits(0, 0), plans, folder.resolve("alone"));
    Result laddered = run(settings, new LadderLimits(PLENTY, 0), plans, folder.resolve("warm"));

    assertThat(alone.turns()).hasSize(5);
    assertThat(alone.unserved()).isZero();
    assertThat(alone.laterTurns()).isEqualTo(2);
    assertThat(alone.recomputedTokens()).isPositive();
    // Two turns are due at 150 s; which of them is served first is open.
    assertThat(laddered.ladder().promotionsFromWarm()).isBetween(1L, 2L);
    assertThat(laddered.recomputedTokens()).isLessThan(alone.recomputedTokens());
    for (Result result : List.of(alone, laddered)) {
      assertThat(result.leftTokens()).isZero();
      assertThat(result.leftBytes()).isZero();
      assertThat(result.traceSeconds()).isEqualTo(250);
      assertThat(result.turns().stream().filter(turn -> turn.leftSeconds() > 0)).hasSize(1);
    }

    OversubscriptionReport report =
        new OversubscriptionReport(
            "tiny.gguf",
            2_048,
            10,
            5,
            List.of(alone, laddered),
            List.of(new RestoreTimes.Row(100, 9, 2, 3)));
    JsonNode json = new JsonMapper().readTree(report.json());
    assertThat(json.at("/results/0/recomputedTokens").asLong()).isEqualTo(alone.recomputedTokens());
    assertThat(json.at("/restores/0/coldMillis").asDouble()).isEqualTo(3);
    assertThat(report.table()).contains("lru, no ladder").contains("lru, ladder");
  }

  private static Result run(
      LlamaSettings settings, LadderLimits limits, List<SessionPlan> plans, Path data)
      throws Exception {
    Arm arm = limits.warmBytes() == 0 ? Arm.LRU_ALONE : Arm.LRU_LADDER;
    try (OversubscribedHouse house =
        new OversubscribedHouse(new RetentionPolicy.LeastRecent(), settings, limits, data)) {
      return new OversubscriptionRun(house, plans, 5).run(2, arm, _ -> {});
    }
  }
}
