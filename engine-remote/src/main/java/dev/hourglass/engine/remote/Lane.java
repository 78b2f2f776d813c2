package dev.hourglass.engine.remote;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections from one event loop to a server, and the calls on them. Everything here happens
 * on that event loop, {@link #close} and {@link #inFlight} aside.
 */
final class Lane {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final int IDLE_SECONDS = 60;

  private final Context context;
  private final RemoteEndpoint endpoint;
  private final HttpClient client;
  private final RequestOptions chat;
  private final Set<RemoteCall> calls = Collections.newSetFromMap(new IdentityHashMap<>());
  private final AtomicInteger inFlight = new AtomicInteger();
  private final long timer;

  Lane(Vertx vertx, Context context, RemoteEndpoint endpoint) {
    this.context = context;
    this.endpoint = endpoint;
    RemoteSettings settings = endpoint.settings();
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) settings.connectTimeout().toMillis())
                .setKeepAliveTimeout(IDLE_SECONDS)
                .setTcpNoDelay(true)
                .setDecompressionSupported(false)
                .setMaxHeaderSize(64 * 1024)
                .setDefaultHost(settings.base().getHost())
                .setDefaultPort(settings.port())
                .setSsl(settings.tls()),
            new PoolOptions()
                .setHttp1MaxSize(settings.connections())
                .setMaxWaitQueueSize(settings.connections()));
    this.chat = options(HttpMethod.POST, "/chat/completions");
    this.timer = vertx.setPeriodic(LOOK.toMillis(), _ -> lookForSilence());
  }

  private RequestOptions options(HttpMethod method, String below) {
    RemoteSettings settings = endpoint.settings();
    RequestOptions options =
        new RequestOptions()
            .setMethod(method)
            .setURI(settings.path(below))
            .setFollowRedirects(false);
    if (method.equals(HttpMethod.POST)) {
      options.putHeader("Content-Type", "application/json");
    }
    if (settings.credential() != null) {
      options.putHeader("Authorization", "Bearer " + settings.credential().secret());
    }
    return options;
  }

  Future<HttpClientRequest> chat() {
    return client.request(chat);
  }

  Future<HttpClientRequest> request(HttpMethod method, String below) {
    return client.request(options(method, below));
  }

  Context context() {
    return context;
  }

  void begun(RemoteCall call) {
    calls.add(call);
    inFlight.incrementAndGet();
  }

  void ended(RemoteCall call) {
    if (calls.remove(call)) {
      inFlight.decrementAndGet();
    }
  }

  int inFlight() {
    return inFlight.get();
  }

  private void lookForSilence() {
    if (calls.isEmpty()) {
      return;
    }
    long now = endpoint.nanos();
    // A copy, since a call that is given up leaves the set.
    for (RemoteCall call : List.copyOf(calls)) {
      call.check(now);
    }
  }

  void close() {
    context.runOnContext(_ -> {
      context.owner().cancelTimer(timer);
      List.copyOf(calls).forEach(RemoteCall::endpointCloses);
      var _ = client.close();
    });
  }
}
