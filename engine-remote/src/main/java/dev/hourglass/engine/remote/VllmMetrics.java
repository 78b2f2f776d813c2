package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.KvOccupancy;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How full a vLLM server is, by its {@code /metrics}. It shares KV blocks between all requests by
 * the prefix of their prompts and has no notion of a session, so nothing can be released or counted
 * for one.
 */
final class VllmMetrics implements KvControl {
  private static final String PATH = "/metrics";
  private static final Pattern LINE =
      Pattern.compile("(?m)^(vllm:[a-z_]+)(?:\\{([^\\n}]*)\\})?[ \\t]+([0-9.eE+-]+)");
  private static final Pattern SIZE = label("kv_cache_size_tokens");
  private static final Pattern BLOCK_SIZE = label("block_size");
  private static final Pattern BLOCKS = label("num_gpu_blocks");

  private final RemoteEndpoint endpoint;
  private volatile Figures figures;

  /** What the metrics said last; several engines of one server are added up. */
  private record Figures(int running, int waiting, int usedTokens, int capacityTokens) {
    /** Fails where the text is none of vLLM's. */
    static Future<Figures> of(String metrics) {
      double running = 0;
      double waiting = 0;
      double usage = 0;
      int usages = 0;
      long size = 0;
      long blocks = 0;
      Matcher line = LINE.matcher(metrics);
      // Behind several API servers there are no gauges before the first request, but counters.
      boolean ofVllm = false;
      while (line.find()) {
        ofVllm = true;
        double value = number(line.group(3));
        switch (line.group(1)) {
          case "vllm:num_requests_running" -> running += value;
          case "vllm:num_requests_waiting" -> waiting += value;
          // The second is what it was called before version 0.10.
          case "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc" -> {
            usage += value;
            usages++;
          }
          case "vllm:cache_config_info" -> {
            size += number(SIZE, line.group(2));
            // Each engine's line tells the blocks of all.
            blocks =
                Math.max(blocks, number(BLOCK_SIZE, line.group(2)) * number(BLOCKS, line.group(2)));
          }
          default -> {}
        }
      }
      if (!ofVllm) {
        return Future.failedFuture("no metrics of vLLM");
      }
      // Layers of different attention take different blocks: then there is room for fewer tokens.
      long capacity = size > 0 ? size : blocks;
      return Future.succeededFuture(
          new Figures(
              (int) running,
              (int) waiting,
              (int) Math.round(usage / Math.max(1, usages) * capacity),
              Math.clamp(capacity, 0, Integer.MAX_VALUE)));
    }

    private static double number(String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException none) {
        return 0;
      }
    }

    private static long number(Pattern label, String labels) {
      Matcher matcher = label.matcher(labels == null ? "" : labels);
      return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
  }

  /** A label with a whole number, told from those whose names end alike. */
  private static Pattern label(String name) {
    return Pattern.compile("(?:^|,)" + name + "=\"(\\d{1,9})\"");
  }

  private VllmMetrics(RemoteEndpoint endpoint, Figures figures) {
    this.endpoint = endpoint;
    this.figures = figures;
  }

  /** Reads the metrics; fails where there are none. */
  static Future<KvControl> open(RemoteEndpoint endpoint) {
    return read(endpoint).map(figures -> new VllmMetrics(endpoint, figures));
  }

  private static Future<Figures> read(RemoteEndpoint endpoint) {
    return endpoint
        .ask(HttpMethod.GET, PATH)
        .compose(reply ->
            reply.isOk()
                ? Figures.of(reply.text())
                : Future.failedFuture(PATH + ": status " + reply.status()));
  }

  @Override
  public void refresh() {
    var _ = read(endpoint).onSuccess(read -> figures = read);
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return read(endpoint)
        .otherwise(_ -> figures)
        .map(read -> {
          figures = read;
          return new KvOccupancy(read.usedTokens(), read.capacityTokens(), Map.of());
        })
        .toCompletionStage();
  }

  @Override
  public EngineActivity activity() {
    Figures last = figures;
    return new EngineActivity(
        OptionalInt.of(last.running()),
        OptionalInt.of(last.waiting()),
        OptionalDouble.empty(),
        OptionalInt.empty());
  }

  @Override
  public int kvCapacityTokens() {
    return figures.capacityTokens();
  }
}
