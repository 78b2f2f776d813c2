package dev.hourglass.engine.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.testkit.engine.EngineContractTest;
import dev.hourglass.testkit.upstream.HourglassDialect;
import dev.hourglass.testkit.upstream.LlamaDialect;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.ServerDialect;
import dev.hourglass.testkit.upstream.SglangDialect;
import dev.hourglass.testkit.upstream.VllmDialect;
import dev.hourglass.testkit.upstream.WordServer;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** The contract of engines, kept with every kind of server. */
class RemoteContractTest {

  @Nested
  class OpenAi extends Kept {
    OpenAi() {
      super(ServerKind.OPENAI);
    }

    @Override
    ServerDialect dialect() {
      return WordServer.openAi("m");
    }
  }

  @Nested
  class LlamaServer extends Kept {
    LlamaServer() {
      super(ServerKind.LLAMA_SERVER);
    }

    @Override
    ServerDialect dialect() {
      return LlamaDialect.of("m", 4);
    }
  }

  @Nested
  class Vllm extends Kept {
    Vllm() {
      super(ServerKind.VLLM);
    }

    @Override
    ServerDialect dialect() {
      return VllmDialect.of("m");
    }

    @Override
    protected int kvBlockTokens() {
      return VllmDialect.BLOCK_TOKENS;
    }
  }

  @Nested
  class Sglang extends Kept {
    Sglang() {
      super(ServerKind.SGLANG);
    }

    @Override
    ServerDialect dialect() {
      return SglangDialect.of("m", true);
    }
  }

  @Nested
  class Hourglass extends Kept {
    Hourglass() {
      super(ServerKind.HOURGLASS);
    }

    @Override
    ServerDialect dialect() {
      return HourglassDialect.of("m");
    }
  }

  /** Finds out by itself what it has before it, and then keeps the contract. */
  abstract static class Kept extends EngineContractTest {
    private final ServerKind expected;
    private final Vertx vertx = Vertx.vertx();
    private final List<AutoCloseable> opened = new ArrayList<>();

    private Kept(ServerKind expected) {
      this.expected = expected;
    }

    abstract ServerDialect dialect();

    @Override
    protected Engine openEngine() {
      ScriptedUpstream upstream = ScriptedUpstream.speaking(dialect());
      RemoteEndpoint endpoint =
          new RemoteEndpoint(vertx, RemoteSettings.of(upstream.base()), System::nanoTime);
      opened.add(endpoint);
      opened.add(upstream);
      ServerLook look =
          endpoint.look().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(look.kind()).isEqualTo(expected);
      return new RemoteEngine(endpoint, "m", "m", 4096, (_, _) -> {});
    }

    @Override
    protected boolean countsThePromptFirst() {
      return false;
    }

    @AfterEach
    void closeServers() throws Exception {
      for (AutoCloseable each : opened) {
        each.close();
      }
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
