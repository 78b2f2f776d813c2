package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.protocol.upstream.ModelEntry;
import dev.hourglass.testkit.engine.EngineContractTest;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * The contract of engines, kept with a real server whose address is given; {@code
 * verify/real-servers} runs it. No part of the test suite, which needs no server, and so not named
 * like a test.
 */
class RealServerContract extends EngineContractTest {
  private static final int MOST_SLOTS = 8;
  private static final Pattern BLOCK_SIZE = Pattern.compile("[{,]block_size=\"(\\d{1,6})\"");

  private final Vertx vertx = Vertx.vertx();
  private @Nullable RemoteEndpoint endpoint;
  private int blockTokens = 1;

  @Override
  protected Engine openEngine() {
    String secret = System.getenv("REAL_SERVER_CREDENTIAL");
    RemoteEndpoint opened =
        new RemoteEndpoint(
            vertx,
            RemoteSettings.of(URI.create(System.getProperty("real.server")))
                .withCredential(secret == null ? null : new RemoteSettings.Credential(secret)),
            System::nanoTime);
    endpoint = opened;
    eraseSlots(opened);
    blockTokens = blockTokens(opened);
    ServerLook look = opened.look().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    ModelEntry model = look.models().getFirst();
    return new RemoteEngine(opened, model.id(), model.id(), model.contextTokens(), (_, _) -> {});
  }

  /**
   * A test expects a server that holds nothing yet; one without slots says no, and that is fine.
   */
  private static void eraseSlots(RemoteEndpoint server) {
    for (int slot = 0; slot < MOST_SLOTS; slot++) {
      var _ =
          server
              .ask(HttpMethod.POST, "/slots/" + slot + "?action=erase", new JsonObject())
              .toCompletionStage()
              .toCompletableFuture()
              .orTimeout(10, TimeUnit.SECONDS)
              .join();
    }
  }

  /** As vLLM says; with others each token counts. */
  private static int blockTokens(RemoteEndpoint server) {
    String metrics =
        server
            .ask(HttpMethod.GET, "/metrics")
            .toCompletionStage()
            .toCompletableFuture()
            .orTimeout(10, TimeUnit.SECONDS)
            .join()
            .text();
    Matcher blockSize = BLOCK_SIZE.matcher(metrics);
    return blockSize.find() ? Integer.parseInt(blockSize.group(1)) : 1;
  }

  @Override
  protected boolean countsThePromptFirst() {
    return false;
  }

  @Override
  protected int kvBlockTokens() {
    return blockTokens;
  }

  @AfterEach
  void closeServer() {
    if (endpoint != null) {
      endpoint.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
