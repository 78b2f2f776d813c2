package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;

/** vLLM: one cache for all, found again in whole blocks, and metrics that say how full it is. */
public final class VllmDialect extends WordServer {
  /** Words of a block. */
  public static final int BLOCK_TOKENS = 8;

  private static final String METRICS =
      """
      # HELP vllm:num_requests_running Number of requests in model execution batches.
      # TYPE vllm:num_requests_running gauge
      vllm:num_requests_running{engine="0",model_name="m"} 3.0
      vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
      vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"} 2.0
      vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="deferred"} 0.0
      vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
      vllm:prefix_cache_hits_total{engine="0",model_name="m"} 896.0
      vllm:prefix_cache_hits_created{engine="0",model_name="m"} 1.7952906746857426e+09
      vllm:cache_config_info{_block_size_resolved="True",block_size="%1$d",engine="0",\
      hash_block_size="None",kv_cache_dtype_skip_layers="[]",kv_cache_size_tokens="16000",\
      num_cpu_blocks="None",num_gpu_blocks="2000",num_gpu_blocks_override="None"} 1.0
      """
          .formatted(BLOCK_TOKENS);

  private final String metrics;

  private VllmDialect(String model, String metrics) {
    super(model, "vllm");
    this.metrics = metrics;
  }

  public static VllmDialect of(String model) {
    return new VllmDialect(model, METRICS);
  }

  /**
   * A server of one model.
   *
   * @param metrics what it tells at {@code /metrics}
   */
  public static VllmDialect telling(String model, String metrics) {
    return new VllmDialect(model, metrics);
  }

  @Override
  protected boolean takesCacheSalt() {
    return true;
  }

  @Override
  protected UpstreamScript special(Request request, String path) {
    return path.equals("/metrics")
        ? UpstreamScript.answers(200, "text/plain; version=1.0.0; charset=utf-8", metrics)
        : UpstreamScript.answers(404, "application/json", "{\"detail\":\"Not Found\"}");
  }

  @Override
  protected String opening() {
    return UpstreamScript.begins();
  }

  @Override
  protected int counted(int cachedTokens) {
    return cachedTokens - cachedTokens % BLOCK_TOKENS;
  }
}
