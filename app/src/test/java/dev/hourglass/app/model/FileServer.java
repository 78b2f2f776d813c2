package dev.hourglass.app.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A web server on this machine that serves one file, and misbehaves as told. */
final class FileServer implements AutoCloseable {
  private final HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Queue<Integer> cuts = new ArrayDeque<>();

  volatile byte[] content = new byte[0];
  volatile String etag = "\"one\"";
  volatile @Nullable String linkedEtag;
  volatile int status = 200;
  volatile boolean honoursRanges = true;

  FileServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** Each further answer breaks off after so many bytes, one number for each answer. */
  synchronized void cutAfter(Integer... bytes) {
    cuts.addAll(Arrays.asList(bytes));
  }

  /** Path and range of each request. */
  List<String> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String path = exchange.getRequestURI().getPath();
    requests.add(path + (range == null ? "" : " " + range));
    String linked = linkedEtag;
    if (linked != null) {
      exchange.getResponseHeaders().add("X-Linked-Etag", linked);
    }
    if (path.startsWith("/moved/")) {
      exchange.getResponseHeaders().add("Location", path.substring("/moved".length()));
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
    } else if (status == 200) {
      send(exchange, range);
    } else {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    }
  }

  private void send(HttpExchange exchange, @Nullable String range) throws IOException {
    boolean same = etag.equals(exchange.getRequestHeaders().getFirst("If-Range"));
    int offset = 0;
    if (range != null && same && honoursRanges) {
      offset = Integer.parseInt(range.replaceAll("\\D", ""));
    }
    exchange.getResponseHeaders().add("ETag", etag);
    if (offset > content.length) {
      exchange.sendResponseHeaders(416, -1);
      exchange.close();
      return;
    }
    if (offset > 0) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range",
              "bytes " + offset + "-" + (content.length - 1) + "/" + content.length);
    }
    Integer cut;
    synchronized (this) {
      cut = cuts.poll();
    }
    exchange.sendResponseHeaders(offset > 0 ? 206 : 200, content.length - offset);
    OutputStream out = exchange.getResponseBody();
    int length = cut == null ? content.length - offset : cut;
    out.write(content, offset, length);
    out.flush();
    // Closing the exchange, not the body, cuts the connection where too little was sent.
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
