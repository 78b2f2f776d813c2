package dev.hourglass.core.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.embedding.EmbeddingDesk.Limits;
import dev.hourglass.core.embedding.EmbeddingDesk.Outcome;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class EmbeddingDeskTest {
  private final Queue<Runnable> lane = new ArrayDeque<>();

  /** Embeds a text as its length, and refuses "gone". */
  private final EmbeddingModel lengths =
      new EmbeddingModel() {
        @Override
        public Profile profile() {
          return new Profile("lengths", 1, 8, false);
        }

        @Override
        public Result embed(String text) {
          return text.equals("gone")
              ? new Result.Unavailable("no library")
              : new Result.Embedded(new Vector(new float[] {text.length()}), text.length());
        }
      };

  private final EmbeddingDesk desk =
      new EmbeddingDesk(List.of(lengths), new Limits(4, 100, 2), lane::add);

  @Test
  void embedsTextsInTheirOrderOnItsLane() {
    CompletableFuture<Outcome> outcome = desk.embed(lengths, List.of("a", "bbb"));
    assertThat(outcome).isNotDone();
    lane.remove().run();

    assertThat(outcome.join())
        .isInstanceOfSatisfying(
            Outcome.Done.class,
            done -> {
              assertThat(done.vectors()).extracting(it -> it.component(0)).containsExactly(1f, 3f);
              assertThat(done.tokens()).isEqualTo(4);
            });
    assertThat(desk.texts()).isEqualTo(2);
    assertThat(desk.tokens()).isEqualTo(4);
    assertThat(desk.waiting()).isZero();
  }

  @Test
  void oneMoreThanMayWaitIsTurnedAway() {
    var _ = desk.embed(lengths, List.of("a"));
    var _ = desk.embed(lengths, List.of("b"));

    assertThat(desk.embed(lengths, List.of("c")).join()).isEqualTo(new Outcome.Busy(2));
    assertThat(desk.turnedAway()).isEqualTo(1);
    lane.remove().run();
    assertThat(desk.embed(lengths, List.of("d"))).as("there is room again").isNotDone();
  }

  @Test
  void aModelThatCannotBeUsedSaysWhy() {
    CompletableFuture<Outcome> outcome = desk.embed(lengths, List.of("a", "gone", "b"));
    lane.remove().run();

    assertThat(outcome.join()).isEqualTo(new Outcome.Unavailable("no library"));
    assertThat(desk.texts()).isZero();
  }

  @Test
  void aLaneThatIsClosedTakesNothing() {
    EmbeddingDesk closing =
        new EmbeddingDesk(
            List.of(lengths),
            Limits.DEFAULTS,
            _ -> {
              throw new RejectedExecutionException();
            });
    assertThat(closing.embed(lengths, List.of("a")).join())
        .isEqualTo(new Outcome.Unavailable("the gateway is stopping"));
    assertThat(closing.waiting()).isZero();
  }

  @Test
  void modelsAreFoundByName() {
    assertThat(desk.find("lengths")).contains(lengths);
    assertThat(desk.find(null)).contains(lengths);
    assertThat(desk.find("other")).isEmpty();
    assertThat(EmbeddingDesk.empty().find(null)).isEmpty();
    assertThatThrownBy(() -> new Limits(1, 0, 1)).hasMessage("characters: 0 (expected: >= 1)");
  }
}
