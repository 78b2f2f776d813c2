package dev.hourglass.app.bench.proxy;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A model server that answers every conversation with one token and then says nothing more. It
 * notes the moment at which somebody hangs up on it.
 */
final class StallingServer implements AutoCloseable {
  /** What a client reads before it leaves. */
  static final String TOKEN = "wait";

  private static final String MODELS =
      "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\"}]}";
  private static final String EVENT =
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,"
          + "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
          + TOKEN
          + "\"}}]}\n\n";

  private final ServerSocket listening;
  private final BlockingQueue<Long> hangUps = new LinkedBlockingQueue<>();

  StallingServer() throws IOException {
    listening = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("stalling server").start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Moments of {@link System#nanoTime} at which streams were hung up on, in order. */
  BlockingQueue<Long> hangUps() {
    return hangUps;
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        Thread.ofPlatform().daemon().name("stalling stream").start(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        InputStream in = new BufferedInputStream(client.getInputStream())) {
      while (answer(client, in)) {
        // The next request of a connection that stays open.
      }
    } catch (IOException gone) {
      // Probes that give up are no matter of ours.
    }
  }

  /** Answers one request; {@code false} after a stream or at the end. */
  private boolean answer(Socket client, InputStream in) throws IOException {
    String head = head(in);
    if (head.isEmpty()) {
      return false;
    }
    in.skipNBytes(bodyBytes(head));
    if (!head.startsWith("POST")) {
      send(client, "200 OK\r\nContent-Type: application/json", MODELS);
      return true;
    }
    client.setTcpNoDelay(true);
    String chunk = Integer.toHexString(EVENT.length()) + "\r\n" + EVENT + "\r\n";
    write(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunk);
    try {
      while (in.read() >= 0) {
        // Whoever waits for the rest says nothing.
      }
    } catch (IOException reset) {
      // Also a way to hang up.
    }
    hangUps.add(System.nanoTime());
    return false;
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    int next = in.read();
    while (next >= 0) {
      head.append((char) next);
      if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
        return head.toString();
      }
      next = in.read();
    }
    return "";
  }

  private static int bodyBytes(String head) {
    for (String line : head.split("\r\n", -1)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        return Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    return 0;
  }

  private static void send(Socket client, String head, String body) throws IOException {
    write(client, "HTTP/1.1 " + head + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private static void write(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    client.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
