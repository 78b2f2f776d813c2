package dev.hourglass.app.chat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Speaks as much of the HTTP API as a chat needs, and echoes what it is asked. */
final class StubGateway implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private int sessions;

  /** Opened where an answer that never ends was left by its client. */
  final CountDownLatch clientLeft = new CountDownLatch(1);

  volatile boolean sessionsAreOver;
  volatile boolean endless;
  volatile int readiness = 200;

  StubGateway() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Method, path, secrets and body of each request. */
  List<String> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String path = exchange.getRequestURI().toString();
    String token = exchange.getRequestHeaders().getFirst("X-Session-Token");
    String key = exchange.getRequestHeaders().getFirst("Authorization");
    requests.add(exchange.getRequestMethod() + " " + path + " " + token + " " + key + " " + body);
    if (path.equals("/readyz")) {
      send(exchange, readiness, "{}");
    } else if (path.equals("/v1/sessions")) {
      sessions++;
      send(
          exchange,
          201,
          "{\"session_id\":\"sess_%d\",\"session_token\":\"token-%d\",\"model\":\"tiny\"}"
              .formatted(sessions, sessions));
    } else if (sessionsAreOver) {
      send(
          exchange,
          401,
          "{\"error\":{\"message\":\"no such session\",\"code\":\"invalid_session_token\"}}");
    } else if (path.endsWith("/messages")) {
      send(exchange, 200, transcript("1", true));
    } else if (path.endsWith("/messages?after_turn=1")) {
      send(exchange, 200, transcript("2", false));
    } else if (path.startsWith("/v1/sessions/")) {
      send(
          exchange, 200, "{\"state\":\"idle\",\"residency\":\"hot\",\"turns\":2,\"kv_tokens\":42}");
    } else {
      stream(exchange);
    }
  }

  private static String transcript(String turn, boolean more) {
    return """
    {"data":[{"turn":%1$s,"role":"user","content":"question %1$s","status":"completed"},
             {"turn":%1$s,"role":"assistant","content":"lost %1$s","status":"cancelled"}],
     "has_more":%2$s,"next":%1$s}
    """
        .formatted(turn, more);
  }

  private void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      event(out, "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
      event(out, "{\"choices\":[{\"delta\":{\"content\":\"Grüße \"}}]}");
      while (endless) {
        event(out, "{\"choices\":[{\"delta\":{\"content\":\"and on \"}}]}");
      }
      event(out, "{\"choices\":[{\"delta\":{\"content\":\"back\"}}]}");
      event(out, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
      event(
          out,
          """
          {"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4,\
          "prompt_tokens_details":{"cached_tokens":18}}}\
          """);
      event(out, "[DONE]");
    } catch (IOException left) {
      clientLeft.countDown();
    }
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    endless = false;
    server.stop(0);
    threads.shutdownNow();
  }
}
