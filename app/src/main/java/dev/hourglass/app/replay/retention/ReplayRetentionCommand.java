package dev.hourglass.app.replay.retention;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.trace.ReplayProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
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

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The trace.")
  private Path trace = Path.of("");

  @Option(
      names = "--format",
      required = true,
      paramLabel = "mooncake|bailian",
      description = "The form it is in: blocks of 512 tokens, or of 16.")
  private RetentionFormat format = RetentionFormat.MOONCAKE;

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
          "Policies, with commas: fifo, lru, lfu, lfuda, sieve, s3-fifo, value, opt (default: all"
              + " of them).")
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
      if (capacity < 1 || capacity > MOST_BLOCKS) {
        throw new ExpectedFailure(
            "--capacity: %d (expected: 1 to %d)".formatted(capacity, MOST_BLOCKS));
      }
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
        new RetentionReport(
            trace.toString(), replay(format.read(trace), shown, sizes), shown, sizes);
    if (json) {
      surroundings.out().println(report.json());
    } else {
      report.print(surroundings.out());
    }
    return 0;
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
