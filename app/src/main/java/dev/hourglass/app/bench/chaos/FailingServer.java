package dev.hourglass.app.bench.chaos;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model server on loopback that streams words in the OpenAI dialect, and fails on command. It
 * listens on the same port all its life.
 */
final class FailingServer {
  static final String MODEL = "chaos";
  static final int ANSWER_TOKENS = 40;

  private static final long FIRST_TOKEN_MILLIS = 200;
  private static final long TOKEN_MILLIS = 50;
  private static final int SLOWNESS = 10;
  private static final String MODELS =
      "{\"object\":\"list\",\"data\":[{\"id\":\"" + MODEL + "\",\"object\":\"model\"}]}";
  private static final String WORD = event("{\"index\":0,\"delta\":{\"content\":\" word\"}}");
  private static final String END =
      event("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}")
          + "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\""
          + MODEL
          + "\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":"
          + ANSWER_TOKENS
          + ",\"total_tokens\":"
          + (100 + ANSWER_TOKENS)
          + "}}\n\ndata: [DONE]\n\n";

  private final Vertx vertx;
  private final AtomicInteger streams = new AtomicInteger();
  private volatile Trouble trouble = Trouble.NONE;
  private volatile int port;
  private HttpServer server;

  /** What is wrong with it. */
  enum Trouble {
    NONE,
    /** It is gone, with all its connections. */
    KILLED,
    /** It accepts and says nothing any more. */
    FROZEN,
    /** It takes ten times as long for each token. */
    SLOW
  }

  FailingServer(Vertx vertx) {
    this.vertx = vertx;
    this.server = vertx.createHttpServer();
  }

  CompletionStage<Void> listen() {
    CompletableFuture<Void> listening = new CompletableFuture<>();
    server = vertx.createHttpServer();
    server
        .requestHandler(this::serve)
        .listen(port, "127.0.0.1")
        .onComplete(bound -> {
          if (bound.succeeded()) {
            port = bound.result().actualPort();
            listening.complete(null);
          } else {
            listening.completeExceptionally(bound.cause());
          }
        });
    return listening;
  }

  int port() {
    return port;
  }

  /** Generations under way here. */
  int streams() {
    return streams.get();
  }

  Trouble trouble() {
    return trouble;
  }

  /** Something goes wrong; completes when it has. */
  CompletionStage<Void> fail(Trouble how) {
    trouble = how;
    return how == Trouble.KILLED
        ? server.close().toCompletionStage()
        : CompletableFuture.completedFuture(null);
  }

  /** All is well again. */
  CompletionStage<Void> revive() {
    Trouble before = trouble;
    trouble = Trouble.NONE;
    return before == Trouble.KILLED ? listen() : CompletableFuture.completedFuture(null);
  }

  CompletionStage<Void> close() {
    return server.close().toCompletionStage();
  }

  private void serve(HttpServerRequest request) {
    if (request.method().equals(HttpMethod.GET)) {
      if (trouble != Trouble.FROZEN) {
        request.response().putHeader("Content-Type", "application/json").end(MODELS);
      }
      return;
    }
    request.body().onSuccess(_ -> new Stream(request.response()).begin());
  }

  private static String event(String choice) {
    return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\""
        + MODEL
        + "\",\"choices\":["
        + choice
        + "]}\n\n";
  }

  /** One answer. */
  private final class Stream {
    private final HttpServerResponse response;
    private int tokens;
    private boolean over;

    private Stream(HttpServerResponse response) {
      this.response = response;
    }

    private void begin() {
      streams.incrementAndGet();
      response.closeHandler(_ -> over());
      response.exceptionHandler(_ -> over());
      response.setChunked(true).putHeader("Content-Type", "text/event-stream");
      after(FIRST_TOKEN_MILLIS);
    }

    private void after(long millis) {
      vertx.setTimer(trouble == Trouble.SLOW ? millis * SLOWNESS : millis, _ -> next());
    }

    private void next() {
      if (over) {
        return;
      }
      if (trouble == Trouble.FROZEN) {
        after(TOKEN_MILLIS);
      } else if (tokens++ < ANSWER_TOKENS) {
        response.write(WORD);
        after(TOKEN_MILLIS);
      } else {
        over();
        response.end(END);
      }
    }

    private void over() {
      if (!over) {
        over = true;
        streams.decrementAndGet();
      }
    }
  }
}
