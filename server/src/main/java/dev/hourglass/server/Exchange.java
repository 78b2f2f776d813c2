package dev.hourglass.server;

import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its response. Used on its event loop only, except for {@link #onEventLoop}.
 *
 * <p>It holds the client to its deadlines: while the body is on its way, and while more is written
 * than the client reads.
 */
final class Exchange {
  private static final Logger log = LoggerFactory.getLogger(Exchange.class);
  private static final String JSON = "application/json";
  private static final Duration LINGER = Duration.ofSeconds(2);
  private static final int FIRST_BODY_BYTES = 8 * 1024;
  private static final int PAUSE_BYTES = 64 * 1024;
  private static final int RESUME_BYTES = 16 * 1024;
  private static final int WORTH_READING_BYTES = 64 * 1024;

  /** The rest of a request is not needed for its answer, which is whole (RFC 9113, 8.1). */
  private static final long NO_ERROR = 0;

  // Hashed and checked once, not for each request.
  static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("X-Request-Id");
  private static final CharSequence CONTENT_TYPE_OPTIONS =
      HttpHeaders.createOptimized("X-Content-Type-Options");
  private static final CharSequence RESOURCE_POLICY =
      HttpHeaders.createOptimized("Cross-Origin-Resource-Policy");
  private static final CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("Content-Type");
  private static final CharSequence CONTENT_LENGTH = HttpHeaders.createOptimized("Content-Length");
  private static final CharSequence CACHE_CONTROL = HttpHeaders.createOptimized("Cache-Control");
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence SAME_ORIGIN = HttpHeaders.createOptimized("same-origin");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final CharSequence CONTENT_ENCODING =
      HttpHeaders.createOptimized("Content-Encoding");
  private static final CharSequence SESSION_TOKEN = HttpHeaders.createOptimized("X-Session-Token");

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Patience client;
  private final Context context;
  private final Thread eventLoop = Thread.currentThread();
  private final HttpServerSettings settings;
  private final LongAdder unreadOfAll;
  private final String id;
  private final Consumer<Exchange> ended;

  private TenantId tenant = TenantId.DEFAULT;
  private String route = "none";
  private String parameter = "";
  private boolean closing;
  private int unreadBytes;
  private boolean over;
  private boolean clientLeft;
  private @Nullable Runnable onLeave;
  private @Nullable Flow flow;
  private boolean flowPaused;

  /**
   * @param client the patience with its connection, or with its stream
   * @param unreadOfAll the bytes that all exchanges hold together
   * @param ended told once, when the response is written or the client has left
   */
  Exchange(
      HttpServerRequest request,
      Patience client,
      Context context,
      HttpServerSettings settings,
      LongAdder unreadOfAll,
      String id,
      Consumer<Exchange> ended) {
    this.request = request;
    this.response = request.response();
    this.client = client;
    this.context = context;
    this.settings = settings;
    this.unreadOfAll = unreadOfAll;
    this.id = id;
    this.ended = ended;
    client.expectNothing();
    request.exceptionHandler(broken -> leave());
    response.exceptionHandler(broken -> leave());
    response.closeHandler(closed -> leave());
    response.putHeader(REQUEST_ID, id);
    response.putHeader(CONTENT_TYPE_OPTIONS, NOSNIFF);
    response.putHeader(RESOURCE_POLICY, SAME_ORIGIN);
  }

  void routed(Route found, String pathParameter) {
    route = found.template();
    parameter = pathParameter;
  }

  void belongsTo(TenantId owner) {
    tenant = owner;
  }

  TenantId tenant() {
    return tenant;
  }

  String id() {
    return id;
  }

  /** The template of the route, which bounds how many different ones there are. */
  String route() {
    return route;
  }

  String method() {
    return request.method().name();
  }

  /** The path as it was sent; empty where the request line had none. */
  String path() {
    String path = request.path();
    return path == null ? "" : path;
  }

  /** The value of the route's parameter, as it stands in the path. */
  String parameter() {
    return parameter;
  }

  @Nullable String query(String name) {
    return request.getParam(name);
  }

  @Nullable String header(CharSequence name) {
    return request.getHeader(name);
  }

  @Nullable SessionToken sessionToken() {
    String token = header(SESSION_TOKEN);
    return token == null ? null : SessionToken.presented(token);
  }

  /** The status that was answered; 499 where the client did not wait for it. */
  int status() {
    return clientLeft ? 499 : response.getStatusCode();
  }

  /** What to do when the client goes away before the response is whole. */
  void onLeave(Runnable action) {
    onLeave = action;
    if (clientLeft) {
      action.run();
    }
  }

  /** Where an answer comes from, which can wait for its reader. */
  interface Flow {
    void pause();

    void resume();
  }

  /** What to hold back while the client does not keep up. */
  void flowsFrom(Flow source) {
    flow = source;
  }

  /** Whether the caller is on the exchange's event loop, which is one thread for life. */
  boolean isOnEventLoop() {
    return eventLoop.equals(Thread.currentThread());
  }

  /** Does something on the exchange's event loop; the only call for other threads. */
  void onEventLoop(Runnable action) {
    try {
      context.runOnContext(ignored -> action.run());
    } catch (RejectedExecutionException closed) {
      log.debug("the server closed before request {} was answered", id);
    }
  }

  // --- the body --------------------------------------------------------------------------------

  /** Reads the whole body, JSON or nothing, within the limits of size and time. */
  void readBody(Consumer<byte[]> then) {
    long declared = declaredLength();
    String contentType = header(CONTENT_TYPE);
    boolean json = contentType != null && isJson(contentType);
    HttpFailure objection = objectionToHeaders(declared, contentType == null || json);
    if (objection != null) {
      fail(objection);
      return;
    }
    client.expect(settings.connections().bodyTimeout(), this::bodyIsLate);
    Body body = new Body(declared);
    request.handler(chunk -> {
      if (!over && !body.append(chunk)) {
        fail(tooLarge());
      }
    });
    request.endHandler(end -> {
      if (over) {
        return;
      }
      client.expectNothing();
      if (body.length > 0 && !json) {
        fail(notJson());
        return;
      }
      then.accept(body.bytes());
    });
  }

  private @Nullable HttpFailure objectionToHeaders(long declared, boolean mayBeJson) {
    String encoding = header(CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return HttpFailure.of(
          415, "unsupported_encoding", "a content encoding (expected: none, or identity)");
    }
    if (!mayBeJson) {
      return notJson();
    }
    return declared > settings.requests().bodyBytes() ? tooLarge() : null;
  }

  private static HttpFailure notJson() {
    return HttpFailure.of(
        415, "unsupported_media_type", "another content type (expected: " + JSON + ")");
  }

  private static boolean isJson(String contentType) {
    String plain = contentType.toLowerCase(Locale.ROOT).replace(" ", "");
    return plain.equals(JSON) || plain.equals(JSON + ";charset=utf-8");
  }

  /**
   * The declared length; -1 where there is none. The HTTP decoder has refused what is no number.
   */
  private long declaredLength() {
    String length = header(CONTENT_LENGTH);
    try {
      return length == null ? -1 : Long.parseLong(length.strip());
    } catch (NumberFormatException beyondLong) {
      return Long.MAX_VALUE;
    }
  }

  private HttpFailure tooLarge() {
    return HttpFailure.of(
        413,
        "request_too_large",
        "body: too long (expected: at most " + settings.requests().bodyBytes() + " bytes)");
  }

  private void bodyIsLate() {
    closeAfterwards();
    fail(
        HttpFailure.of(
            408,
            "request_timeout",
            "body: not complete after "
                + settings.connections().bodyTimeout().toMillis()
                + " ms (expected: sooner)"));
  }

  /** Bytes that arrive in pieces. */
  private final class Body {
    private byte[] bytes;
    private int length;

    private Body(long declared) {
      // What is declared is within the limit by now, and yet not trusted with a whole limit's
      // worth of memory before anything has arrived.
      bytes = new byte[(int) Math.max(0, Math.min(declared, 1024 * 1024))];
    }

    private boolean append(Buffer chunk) {
      int needed = length + chunk.length();
      if (needed > settings.requests().bodyBytes()) {
        return false;
      }
      if (needed > bytes.length) {
        int roomy = Math.max(FIRST_BODY_BYTES, bytes.length * 2);
        bytes =
            Arrays.copyOf(
                bytes, Math.max(needed, Math.min(roomy, settings.requests().bodyBytes())));
      }
      chunk.getBytes(bytes, length);
      length = needed;
      return true;
    }

    private byte[] bytes() {
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
  }

  // --- the response ----------------------------------------------------------------------------

  /** Whether nothing can be written any more. */
  boolean isOver() {
    return over;
  }

  void setHeader(CharSequence name, String value) {
    response.putHeader(name, value);
  }

  void sendJson(int status, byte[] json) {
    send(status, "application/json", json);
  }

  void send(int status, String contentType, byte[] body) {
    send(status, contentType, Buffer.buffer(body));
  }

  void send(int status, String contentType, Buffer body) {
    if (over) {
      return;
    }
    response.setStatusCode(status);
    response.putHeader(CONTENT_TYPE, contentType);
    response.putHeader(CONTENT_LENGTH, Integer.toString(body.length()));
    if (!response.headers().contains(CACHE_CONTROL)) {
      response.putHeader(CACHE_CONTROL, NO_STORE);
    }
    end(body);
  }

  void sendEmpty(int status) {
    if (!over) {
      response.setStatusCode(status);
      end(Buffer.buffer());
    }
  }

  /** The response is the last one on this connection: what follows cannot be understood. */
  void closeAfterwards() {
    closing = true;
  }

  void fail(HttpFailure failure) {
    failure.headers().forEach(this::setHeader);
    sendJson(failure.status(), failure.json());
  }

  /** Something happened that is nobody's fault but ours: it is logged, and told without detail. */
  void failUnexpectedly(Throwable defect) {
    log.error("request {} met a defect", id, defect);
    if (response.headWritten()) {
      client.cut();
    } else {
      fail(HttpFailure.defect(id));
    }
  }

  /** Begins an answer that comes in pieces. */
  void beginStream(String contentType) {
    if (over) {
      return;
    }
    response.setStatusCode(200);
    response.setChunked(true);
    response.putHeader(CONTENT_TYPE, contentType);
    response.putHeader(CACHE_CONTROL, NO_STORE);
  }

  void write(Buffer piece) {
    if (over || piece.length() == 0) {
      return;
    }
    int bytes = piece.length();
    unreadBytes += bytes;
    if (unreadBytes > settings.connections().unreadBytes()) {
      client.cut();
      return;
    }
    // Not renewed by more to read, only by reading.
    if (!client.owesSomething()) {
      client.expect(settings.connections().slowReaderTimeout());
    }
    if (!flowPaused && flow != null && unreadBytes > PAUSE_BYTES) {
      flowPaused = true;
      flow.pause();
    }
    unreadOfAll.add(bytes);
    response.write(piece).onComplete(written -> tookOver(bytes));
  }

  /**
   * The socket took a piece: the client reads. Counted by us, since the response's own {@code
   * writeQueueFull} lags behind what was written.
   */
  private void tookOver(int bytes) {
    unreadBytes -= bytes;
    unreadOfAll.add(-bytes);
    if (over) {
      return;
    }
    if (flowPaused && flow != null && unreadBytes < RESUME_BYTES) {
      flowPaused = false;
      flow.resume();
    }
    if (unreadBytes == 0) {
      client.expectNothing();
    } else {
      client.expect(settings.connections().slowReaderTimeout());
    }
  }

  void endStream(Buffer last) {
    if (!over) {
      end(last);
    }
  }

  private void end(Buffer last) {
    over = true;
    client.expect(settings.connections().slowReaderTimeout());
    boolean bodyPending = !request.isEnded() && !worthReadingOn();
    if (bodyPending && !isHttp2()) {
      response.putHeader("Connection", "close");
    }
    if (!request.isEnded()) {
      request.handler(null);
    }
    response
        .end(last)
        .onComplete(written -> {
          ended.accept(this);
          if (written.failed()) {
            client.cut();
          } else if (bodyPending && isHttp2()) {
            stopBody();
          } else if (bodyPending && !request.isEnded()) {
            linger();
          } else if (bodyPending) {
            client.cut();
          } else {
            client.expect(settings.connections().idleTimeout());
          }
        });
  }

  /** Whether what is left of the request is so little that the connection can stay open. */
  private boolean worthReadingOn() {
    // Without a length a body is endless, or there is none.
    boolean endless = isHttp2() ? declaredLength() < 0 : header("Transfer-Encoding") != null;
    return !closing && !endless && declaredLength() <= WORTH_READING_BYTES;
  }

  private boolean isHttp2() {
    return request.version() == HttpVersion.HTTP_2;
  }

  /**
   * Reads on for a moment what nobody wants: closing at once would reset the connection, and the
   * client might lose the answer that says why.
   */
  private void linger() {
    client.expect(LINGER);
    request.endHandler(end -> client.cut());
  }

  private void stopBody() {
    if (!request.isEnded()) {
      var _ = response.reset(NO_ERROR);
    }
  }

  /** Ends the connection, or in HTTP/2 the stream, without another word. */
  void cut() {
    client.cut();
  }

  private void leave() {
    if (over || clientLeft) {
      return;
    }
    over = true;
    clientLeft = true;
    client.cut();
    ended.accept(this);
    if (onLeave != null) {
      onLeave.run();
    }
  }
}
