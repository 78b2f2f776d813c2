package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;

/** vLLM: one cache for all, and metrics that say how full it is. */
public final class VllmDialect extends WordServer {
  private VllmDialect(String model) {
    super(model, "vllm");
  }

  public static VllmDialect of(String model) {
    return new VllmDialect(model);
  }

  @Override
  protected UpstreamScript special(Request request, String path) {
    return path.equals("/metrics")
        ? UpstreamScript.answers(
            200,
            "text/plain; version=0.0.4",
            """
            # HELP vllm:num_requests_running Number of requests in model execution batches.
            # TYPE vllm:num_requests_running gauge
            vllm:num_requests_running{engine="0",model_name="m"} 3.0
            vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
            vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000"} 1.0
            """)
        : super.special(request, path);
  }
}
