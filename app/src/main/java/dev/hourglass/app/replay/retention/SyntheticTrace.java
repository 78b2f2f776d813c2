package dev.hourglass.app.replay.retention;

import dev.hourglass.app.host.ExpectedFailure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * Conversations that return in a way of their own, drawn with a seed: what a policy has learned on
 * one trace may not hold on others.
 *
 * <p>About two conversations begin each second, with one of four system prompts of two blocks, a
 * lognormal number of further blocks (median 5), and one to three more each turn.
 */
final class SyntheticTrace {
  /** An hour. */
  static final double USUAL_SECONDS = 3_600;

  private static final double BEGINNINGS_PER_SECOND = 2.2;
  private static final int BLOCK_TOKENS = 512;
  private static final int SYSTEM_PROMPTS = 4;
  private static final int SYSTEM_BLOCKS = 2;
  private static final double MEDIAN_LOG_BLOCKS = 1.6;
  private static final int MORE_BLOCKS = 3;
  private static final int LAST_TOKENS = 100;

  private final Shape shape;
  private final double seconds;
  private final SplittableRandom random;
  private final PriorityQueue<Turn> coming =
      new PriorityQueue<>(Comparator.comparingDouble(Turn::seconds));
  private final Map<Integer, List<Integer>> histories = new HashMap<>();
  private int blocks = SYSTEM_PROMPTS * SYSTEM_BLOCKS;

  private record Turn(double seconds, int conversation, Habit habit) {}

  /** Who comes back, and when. */
  private enum Habit {
    /** Tools answer within seconds, nine times of ten. */
    AGENT {
      @Override
      OptionalDouble gapSeconds(SplittableRandom random) {
        return some(random, 0.9, 1 + 4 * random.nextExponential());
      }
    },
    /** Never. */
    ONE_SHOT {
      @Override
      OptionalDouble gapSeconds(SplittableRandom random) {
        return OptionalDouble.empty();
      }
    },
    /** A job, every five minutes. */
    PERIODIC {
      @Override
      OptionalDouble gapSeconds(SplittableRandom random) {
        return some(random, 0.97, 290 + random.nextDouble(20));
      }
    },
    /** Half of the time, after minutes or an hour. */
    PERSON {
      @Override
      OptionalDouble gapSeconds(SplittableRandom random) {
        return some(random, 0.55, 300 * Math.exp(1.2 * random.nextGaussian()));
      }
    };

    abstract OptionalDouble gapSeconds(SplittableRandom random);

    private static OptionalDouble some(SplittableRandom random, double share, double seconds) {
      return random.nextDouble() < share ? OptionalDouble.of(seconds) : OptionalDouble.empty();
    }
  }

  /** A mixture of habits. */
  enum Shape {
    /** Agents alone: short gaps, in bursts. */
    AGENTS,
    /** Nine of ten prompts come once, the rest are people's. */
    ONE_SHOTS,
    /** A quarter jobs, the rest comes once. */
    PERIODIC,
    /** People alone, idle for long. */
    PEOPLE,
    /** A quarter of each. */
    MIXED,
    /** Agents for a third of the time, then people, then jobs. */
    SHIFTING;

    String wireName() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Shape ofName(String name) throws ExpectedFailure {
      return Arrays.stream(values())
          .filter(shape -> shape.wireName().equals(name))
          .findFirst()
          .orElseThrow(() ->
              new ExpectedFailure(
                  "--synthetic: %s (expected: one of %s)"
                      .formatted(
                          name,
                          Arrays.stream(values())
                              .map(Shape::wireName)
                              .collect(Collectors.joining(", ")))));
    }
  }

  private SyntheticTrace(Shape shape, double seconds, long seed) {
    this.shape = shape;
    this.seconds = seconds;
    this.random = new SplittableRandom(seed);
  }

  static BlockTrace of(Shape shape, double seconds, long seed) {
    return new SyntheticTrace(shape, seconds, seed).draw();
  }

  private BlockTrace draw() {
    int conversations = 0;
    double begins = random.nextExponential() / BEGINNINGS_PER_SECOND;
    while (begins < seconds) {
      coming.add(new Turn(begins, conversations++, habit(begins)));
      begins += random.nextExponential() / BEGINNINGS_PER_SECOND;
    }
    List<BlockTrace.Prompt> prompts = new ArrayList<>();
    while (!coming.isEmpty()) {
      Turn turn = coming.remove();
      prompts.add(prompt(turn));
      turn.habit
          .gapSeconds(random)
          .ifPresent(gap -> {
            if (turn.seconds + gap < seconds) {
              coming.add(new Turn(turn.seconds + gap, turn.conversation, turn.habit));
            }
          });
    }
    return new BlockTrace(prompts, BLOCK_TOKENS, blocks);
  }

  private Habit habit(double begins) {
    return switch (shape) {
      case AGENTS -> Habit.AGENT;
      case ONE_SHOTS -> random.nextInt(10) == 0 ? Habit.PERSON : Habit.ONE_SHOT;
      case PERIODIC -> random.nextInt(4) == 0 ? Habit.PERIODIC : Habit.ONE_SHOT;
      case PEOPLE -> Habit.PERSON;
      case MIXED -> Habit.values()[random.nextInt(Habit.values().length)];
      case SHIFTING ->
          begins < seconds / 3
              ? Habit.AGENT
              : begins < seconds * 2 / 3 ? Habit.PERSON : Habit.PERIODIC;
    };
  }

  private BlockTrace.Prompt prompt(Turn turn) {
    List<Integer> history = histories.get(turn.conversation);
    int more;
    if (history == null) {
      history = new ArrayList<>();
      histories.put(turn.conversation, history);
      int system = turn.conversation % SYSTEM_PROMPTS * SYSTEM_BLOCKS;
      for (int block = 0; block < SYSTEM_BLOCKS; block++) {
        history.add(system + block);
      }
      more = 1 + (int) Math.exp(MEDIAN_LOG_BLOCKS + random.nextGaussian());
    } else {
      more = 1 + random.nextInt(MORE_BLOCKS);
    }
    for (int block = 0; block < more; block++) {
      history.add(blocks++);
    }
    int[] all = new int[history.size() + 1];
    for (int place = 0; place < history.size(); place++) {
      all[place] = history.get(place);
    }
    // The last block is not full, and so never the same again.
    all[history.size()] = blocks++;
    return new BlockTrace.Prompt(
        turn.seconds, (long) history.size() * BLOCK_TOKENS + LAST_TOKENS, all);
  }
}
