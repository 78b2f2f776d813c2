package dev.hourglass.app.replay.retention;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.trace.ReplayProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass replay retention}. */
@Command(
    name = "retention",
    description =
        "Serve a trace's prompts from a cache of blocks, and print for each policy and capacity"
            + " how much was there.",
    mixinStandardHelpOptions = true)
public final class ReplayRetentionCommand implements Callable<Integer> {
  private static final int MOST_BLOCKS = 100_000_000;
  private static final int MOST_CAPACITIES = 20;

  private final Surroundings surroundings;

  @Option(names = "--trace", paramLabel = "FILE", description = "The trace.")
  private @Nullable Path trace;

  @Option(
      names = "--format",
      paramLabel = "mooncake|bailian",
      description = "The form it is in: blocks of 512 tokens, or of 16.")
  private @Nullable RetentionFormat format;

  @Option(
      names = "--synthetic",
      paramLabel = "SHAPE",
      description =
          "Instead of a trace, an hour of conversations that return in a way of their own: agents,"
              + " one-shots, periodic, people, mixed or shifting.")
  private @Nullable String synthetic;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "7",
      description = "Draws the conversations of --synthetic (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--capacity",
      split = ",",
      paramLabel = "BLOCKS",
      defaultValue = "1000,5000,10000,30000,50000",
      description = "Capacities, with commas (default: ${DEFAULT-VALUE}).")
  private List<Integer> capacities = List.of();

  @Option(
      names = "--policy",
      split = ",",
      paramLabel = "NAME",
      description =
          "Policies, with commas: fifo, lru, lfu, lfuda, sieve, s3-fifo, kvcache-wild, lpc,"
              + " activity, value, opt (default: all of them).")
  private List<String> policies = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object instead of the tables.")
  private boolean json;

  public ReplayRetentionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    if (capacities.size() > MOST_CAPACITIES) {
      throw new ExpectedFailure(
          "--capacity: %d of them (expected: at most %d)"
              .formatted(capacities.size(), MOST_CAPACITIES));
    }
    for (int capacity : capacities) {
      OptionRange.require("--capacity", capacity, 1, MOST_BLOCKS);
    }
    List<PolicyName> shown = new ArrayList<>();
    for (String name : policies) {
      shown.add(PolicyName.of(name));
    }
    if (shown.isEmpty()) {
      shown.addAll(List.of(PolicyName.values()));
    }
    List<Integer> sizes = capacities.stream().distinct().toList();
    RetentionReport report =
        new RetentionReport(name(), replay(read(), shown, sizes), shown, sizes);
    if (json) {
      surroundings.out().println(report.json());
    } else {
      report.print(surroundings.out());
    }
    return 0;
  }

  private BlockTrace read() throws ExpectedFailure {
    if (synthetic != null) {
      if (trace != null || format != null) {
        throw new ExpectedFailure("--synthetic: beside --trace or --format (expected: alone)");
      }
      return SyntheticTrace.of(
          SyntheticTrace.Shape.ofName(synthetic), SyntheticTrace.USUAL_SECONDS, seed);
    }
    if (trace == null || format == null) {
      throw new ExpectedFailure(
          "--trace, --format: one is missing (expected: both, or --synthetic)");
    }
    return format.read(trace);
  }

  private String name() {
    return synthetic == null ? String.valueOf(trace) : "synthetic " + synthetic + ", seed " + seed;
  }

  /** LRU and OPT always run: between them is the gap. */
  private List<RetentionResult> replay(
      BlockTrace read, List<PolicyName> shown, List<Integer> sizes) {
    Set<PolicyName> run = EnumSet.of(PolicyName.LRU, PolicyName.OPT);
    run.addAll(shown);
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    List<RetentionResult> results = new ArrayList<>();
    double parts = run.size() * sizes.size();
    for (PolicyName policy : run) {
      for (int capacity : sizes) {
        int before = results.size();
        results.add(
            new RetentionReplay(read, policy, capacity)
                .run(done -> progress.at((before + done) / parts, policy.wireName())));
      }
    }
    progress.ended();
    return results;
  }
}
