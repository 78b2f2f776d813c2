package dev.hourglass.engine.remote;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
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

  /** Each carries many streams. */
  private static final int HTTP2_CONNECTIONS = 4;

  private final Context context;
  private final RemoteEndpoint endpoint;
  private final HttpClient client;
  private final RequestOptions chat;
  private final RequestOptions plain;
  private final Set<RemoteCall> calls = Collections.newSetFromMap(new IdentityHashMap<>());
  private final AtomicInteger inFlight = new AtomicInteger();
  private final long timer;

  Lane(Vertx vertx, Context context, RemoteEndpoint endpoint) {
    this.context = context;
    this.endpoint = endpoint;
    RemoteSettings settings = endpoint.settings();
    this.client =
        vertx.createHttpClient(
            secured(settings)
                .setConnectTimeout((int) settings.connectTimeout().toMillis())
                .setKeepAliveTimeout(IDLE_SECONDS)
                .setTcpNoDelay(true)
                .setDecompressionSupported(false)
                .setMaxHeaderSize(64 * 1024)
                .setDefaultHost(settings.base().getHost())
                .setDefaultPort(settings.port()),
            new PoolOptions()
                .setHttp1MaxSize(settings.connections())
                .setHttp2MaxSize(HTTP2_CONNECTIONS)
                .setMaxWaitQueueSize(settings.connections()));
    this.chat = options(HttpMethod.POST, settings.path("/chat/completions"));
    this.plain = options(HttpMethod.POST, settings.path("/completions"));
    this.timer = vertx.setPeriodic(LOOK.toMillis(), _ -> lookForSilence());
  }

  /** Over TLS, HTTP/2 is spoken with servers that offer it. */
  private static HttpClientOptions secured(RemoteSettings settings) {
    HttpClientOptions options = new HttpClientOptions();
    if (!settings.tls()) {
      return options;
    }
    options.setSsl(true).setUseAlpn(true).setProtocolVersion(HttpVersion.HTTP_2);
    return switch (settings.trust()) {
      case RemoteSettings.Trust.Machine _ -> options;
      case RemoteSettings.Trust.Authorities(var file) ->
          options.setTrustOptions(new PemTrustOptions().addCertPath(file.toString()));
      case RemoteSettings.Trust.Anybody _ -> options.setTrustAll(true).setVerifyHost(false);
    };
  }

  private RequestOptions options(HttpMethod method, String path) {
    RemoteSettings settings = endpoint.settings();
    RequestOptions options =
        new RequestOptions().setMethod(method).setURI(path).setFollowRedirects(false);
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

  Future<HttpClientRequest> plain() {
    return client.request(plain);
  }

  /** A request to any path of the server. */
  Future<HttpClientRequest> request(HttpMethod method, String path) {
    return client.request(options(method, path));
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
