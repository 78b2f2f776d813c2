package dev.hourglass.engine.remote;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a server is, and so what it can do beyond the OpenAI API. */
public enum ServerKind {
  /** Any server of the OpenAI API. */
  OPENAI(""),
  /** llama.cpp's own server: a slot for each session. */
  LLAMA_SERVER("llamacpp"),
  /** vLLM: tells how full its KV memory is. */
  VLLM("vllm"),
  /** SGLang: tags KV state with a session, where that is enabled. */
  SGLANG("sglang"),
  /** Another Hourglass. */
  HOURGLASS("hourglass");

  private final String owner;

  ServerKind(String owner) {
    this.owner = owner;
  }

  /** As it is written in configurations, such as {@code llama-server}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether {@code cache_salt} keeps the prefixes of requests apart there. */
  boolean takesCacheSalt() {
    return this == VLLM || this == SGLANG;
  }

  public static Optional<ServerKind> ofName(String name) {
    return Arrays.stream(values()).filter(kind -> kind.wireName().equals(name)).findAny();
  }

  /**
   * What a server claims to be by the {@code owned_by} of its models. Each of these servers sets
   * one of its own; docs/backends names the sources. A proxy may repeat it, so it is only a claim.
   */
  static ServerKind claimedBy(String owner) {
    return Arrays.stream(values())
        .filter(kind -> !kind.owner.isEmpty() && kind.owner.equals(owner))
        .findAny()
        .orElse(OPENAI);
  }
}
