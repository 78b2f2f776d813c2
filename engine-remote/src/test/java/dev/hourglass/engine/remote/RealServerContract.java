package dev.hourglass.engine.remote;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.protocol.upstream.ModelEntry;
import dev.hourglass.testkit.engine.EngineContractTest;
import dev.hourglass.testkit.engine.RecordingSink;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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

  /** Promised only of servers that keep prefixes apart by a salt. */
  @Test
  void aTenantFindsNothingOfAnother() {
    if (!requireNonNull(endpoint).takesCacheSalt()) {
      return;
    }
    // Nobody asked this before, in whichever run.
    List<ChatMessage> messages = chat(System.nanoTime() + " and a word".repeat(40));
    assertThat(cached(new TenantId("acme"), messages)).isZero();
    assertThat(cached(new TenantId("acme"), messages)).isPositive();
    assertThat(cached(new TenantId("other"), messages)).isZero();
  }

  private int cached(TenantId tenant, List<ChatMessage> messages) {
    RecordingSink sink = new RecordingSink();
    engine()
        .generate(
            new GenerationRequest(
                newSession(), tenant, new Prompt.Chat(messages), Sampling.GREEDY, 1, true),
            sink);
    return sink.awaitFinished().usage().prompt().cachedTokens();
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
