package dev.hourglass.app.replay.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.host.ExpectedFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReplayRetentionCommandTest {
  @TempDir private Path folder = Path.of("");

  /**
   * Three prompts of three blocks, room for three. Before the second, 1 2 3 are there: two hits.
   * Then 4 comes. LRU and FIFO let 3 go, the end of the first prompt, so that the third prompt has
   * two hits again: 4 of 9. OPT lets 4 go, which nobody wants again: 5 of 9.
   */
  private static final String THREE_PROMPTS =
      """
      {"chat_id":1,"parent_chat_id":-1,"timestamp":10.5,"input_length":48,"output_length":1,"type":"text","turn":1,"hash_ids":[1,2,3]}
      {"chat_id":2,"parent_chat_id":-1,"timestamp":11.5,"input_length":48,"output_length":1,"type":"text","turn":1,"hash_ids":[1,2,4]}

      {"chat_id":3,"parent_chat_id":-1,"timestamp":12.5,"input_length":40,"output_length":1,"type":"text","turn":1,"hash_ids":[1,2,3]}
      """;

  @ParameterizedTest
  @CsvSource({"lru,4", "fifo,4", "opt,5"})
  void reachesWhatCanBeComputedByHand(String policy, int hits) throws Exception {
    BlockTrace trace = RetentionFormat.BAILIAN.read(file(THREE_PROMPTS));

    RetentionResult result = new RetentionReplay(trace, PolicyName.of(policy), 3).run(_ -> {});

    assertThat(result.blockHitRatio()).isEqualTo(hits / 9.0);
    assertThat(result.earlyBlockHitRatio()).isEqualTo(hits / 9.0);
    // The last block of the third prompt is not full: 40 tokens at most.
    assertThat(result.tokenHitRatio()).isEqualTo((hits == 5 ? 72 : 64) / 136.0);
  }

  @Test
  void readsMooncakeWithBlocksOf512TokensAndMilliseconds() throws Exception {
    BlockTrace trace =
        RetentionFormat.MOONCAKE.read(
            file(
                """
                {"timestamp": 3000, "input_length": 600, "output_length": 5, "hash_ids": [7, 9]}
                {"timestamp": 6000, "input_length": 512, "output_length": 5, "hash_ids": [7]}
                """));

    assertThat(trace.blockCount()).isEqualTo(2);
    assertThat(trace.prompts().getLast().seconds()).isEqualTo(3);
    assertThat(trace.prompts().getFirst().fullBlocks(trace.blockTokens())).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"timestamp\":-1,\"input_length\":1,\"hash_ids\":[1]}|timestamp: -1",
        "{\"timestamp\":1,\"hash_ids\":[1]}|input_length:",
        "{\"timestamp\":1,\"input_length\":1,\"hash_ids\":[]}|hash_ids: none",
        "{\"timestamp\":1,\"input_length\":1,\"hash_ids\":[1.5]}|hash_ids: 1.5",
        "[]|no JSON object",
      })
  void namesWhatIsWrongWithALine(String line, String told) throws Exception {
    Path trace = file(line + "\n");

    assertThatThrownBy(() -> RetentionFormat.MOONCAKE.read(trace))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining(":1: ")
        .hasMessageContaining(told);
  }

  @Test
  void namesThePoliciesThereAre() {
    assertThatThrownBy(() -> PolicyName.of("best"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining("--policy: best")
        .hasMessageContaining("s3-fifo, kvcache-wild, lpc, activity, value, value-flat, opt");
  }

  @Test
  void printsTheRatiosAndTheGap() throws Exception {
    BlockTrace trace = RetentionFormat.BAILIAN.read(file(THREE_PROMPTS));
    List<RetentionResult> results = new ArrayList<>();
    for (PolicyName policy : PolicyName.values()) {
      results.add(new RetentionReplay(trace, policy, 3).run(_ -> {}));
    }

    JsonNode json =
        new JsonMapper()
            .readTree(
                new RetentionReport(
                        "t", results, List.of(PolicyName.LRU, PolicyName.OPT), List.of(3))
                    .json());

    assertThat(json.path("trace").asText()).isEqualTo("t");
    assertThat(json.path("results").get(0).path("policy").asText()).isEqualTo("lru");
    assertThat(json.path("results").get(0).path("capacity").asInt()).isEqualTo(3);
    assertThat(json.path("results").get(0).path("blockHitRatio").asDouble()).isEqualTo(0.4444);
    assertThat(json.path("results").get(0).path("gapClosed").asDouble()).isZero();
    assertThat(json.path("results").get(1).path("gapClosed").asDouble()).isEqualTo(1);
  }

  /** Conversations that share beginnings, drawn at random: nobody beats who knows the future. */
  @Test
  void nobodyHoldsMoreThanThereIsRoomForOrBeatsForesight() {
    for (int seed = 0; seed < 40; seed++) {
      BlockTrace trace = conversations(new Random(seed));
      int capacity = 3 + seed;
      double best =
          new RetentionReplay(trace, PolicyName.OPT, capacity).run(_ -> {}).blockHitRatio();
      for (PolicyName name : PolicyName.values()) {
        BlockPolicy policy = name.open(trace, capacity);
        for (BlockTrace.Prompt prompt : trace.prompts()) {
          policy.serve(prompt);
          int held = 0;
          for (int block = 0; block < trace.blockCount(); block++) {
            held += policy.contains(block) ? 1 : 0;
          }
          assertThat(held).as(name.wireName()).isLessThanOrEqualTo(capacity);
        }
        double ratio = new RetentionReplay(trace, name, capacity).run(_ -> {}).blockHitRatio();
        assertThat(ratio).as(name.wireName()).isLessThanOrEqualTo(best);
      }
    }
  }

  /** On conversations that return in six ways, with room for few of them and for most. */
  @ParameterizedTest
  @EnumSource(SyntheticTrace.Shape.class)
  void valueIsNeverMoreThanHalfAPointBelowLru(SyntheticTrace.Shape shape) {
    BlockTrace trace = SyntheticTrace.of(shape, 900, 11);
    for (int capacity : new int[] {300, 3_000}) {
      double lru =
          new RetentionReplay(trace, PolicyName.LRU, capacity).run(_ -> {}).blockHitRatio();
      double value =
          new RetentionReplay(trace, PolicyName.VALUE, capacity).run(_ -> {}).blockHitRatio();
      assertThat(value).as("%s with %d blocks", shape, capacity).isGreaterThan(lru - 0.005);
    }
  }

  /** One cache has all hits in the first half, the other in the second. */
  @Test
  void aCacheFollowsTheGhostThatLeads() {
    List<BlockTrace.Prompt> prompts = new ArrayList<>();
    for (int turn = 0; turn < 400; turn++) {
      prompts.add(
          new BlockTrace.Prompt(turn, 16, new int[] {turn < 200 ? turn % 2 : 2 + turn % 2}));
    }
    BlockTrace trace = new BlockTrace(prompts, 16, 4);
    BlockPolicy early = new Fixed(Set.of(0, 1));
    BlockPolicy late = new Fixed(Set.of(2, 3));
    FollowedGhost followed = new FollowedGhost(2, 4, early, late);
    int hits = 0;
    for (BlockTrace.Prompt prompt : trace.prompts()) {
      hits += RetentionReplay.cached(followed, prompt);
      followed.serve(prompt);
    }
    assertThat(hits).as("each block is fetched once, and once more at the turn").isGreaterThan(380);
  }

  /** Holds what it was made with. */
  private record Fixed(Set<Integer> blocks) implements BlockPolicy {
    @Override
    public boolean contains(int block) {
      return blocks.contains(block);
    }

    @Override
    public void serve(BlockTrace.Prompt prompt) {}
  }

  @Test
  void aSyntheticTraceIsTheSameWithTheSameSeed() throws Exception {
    SyntheticTrace.Shape shape = SyntheticTrace.Shape.ofName("one-shots");
    BlockTrace one = SyntheticTrace.of(shape, 300, 5);
    BlockTrace again = SyntheticTrace.of(shape, 300, 5);

    assertThat(one.blockCount()).isEqualTo(again.blockCount());
    assertThat(one.blockCount()).isNotEqualTo(SyntheticTrace.of(shape, 300, 6).blockCount());
    assertThat(one.prompts())
        .isSortedAccordingTo(Comparator.comparingDouble(BlockTrace.Prompt::seconds));
    assertThatThrownBy(() -> SyntheticTrace.Shape.ofName("bots"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessage(
            "--synthetic: bots (expected: one of agents, one-shots, periodic, people, mixed,"
                + " shifting)");
  }

  private static BlockTrace conversations(Random random) {
    List<List<Integer>> histories = new ArrayList<>();
    List<BlockTrace.Prompt> prompts = new ArrayList<>();
    int blocks = 0;
    for (int turn = 0; turn < 120; turn++) {
      List<Integer> history = new ArrayList<>();
      if (!histories.isEmpty() && random.nextInt(3) > 0) {
        List<Integer> earlier = histories.get(random.nextInt(histories.size()));
        history.addAll(earlier.subList(0, 1 + random.nextInt(earlier.size())));
      }
      int more = 1 + random.nextInt(4);
      for (int block = 0; block < more; block++) {
        history.add(blocks++);
      }
      histories.add(history);
      prompts.add(
          new BlockTrace.Prompt(
              turn * 7.0,
              history.size() * 16L,
              history.stream().mapToInt(Integer::intValue).toArray()));
    }
    return new BlockTrace(prompts, 16, blocks);
  }

  private Path file(String lines) throws Exception {
    Path file = folder.resolve("trace.jsonl");
    Files.writeString(file, lines);
    return file;
  }
}
