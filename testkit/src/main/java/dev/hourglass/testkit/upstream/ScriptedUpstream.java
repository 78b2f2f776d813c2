package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.UpstreamScript.Step;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A real HTTP server on a port of this machine that speaks a {@link ServerDialect}, or whatever its
 * scripts say: it stalls, dies in mid-token, tears characters apart, resets and never ends.
 *
 * <p>Each generation that is asked for gets the next script; whatever else is asked, and
 * generations for which no script waits, the dialect answers.
 */
public final class ScriptedUpstream implements AutoCloseable {
  private static final int POLL_MILLIS = 5;

  private final ServerSocket listening;
  private final ServerDialect dialect;
  private final ExecutorService connections = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<UpstreamScript> scripts = new ConcurrentLinkedQueue<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Request> left = new LinkedBlockingQueue<>();
  private final AtomicLong sent = new AtomicLong();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /**
   * What was asked.
   *
   * @param head the request line and the headers
   */
  public record Request(String head, String body) {
    public String path() {
      return head.substring(head.indexOf(' ') + 1, head.indexOf(" HTTP/1.1"));
    }
  }

  private ScriptedUpstream(ServerSocket listening, ServerDialect dialect) {
    this.listening = listening;
    this.dialect = dialect;
  }

  /** Listens, lists these models and greets whoever asks. */
  public static ScriptedUpstream start(String... models) {
    return listing(() -> List.of(models));
  }

  /** Listens, lists whatever models it has at the moment and greets whoever asks. */
  public static ScriptedUpstream listing(Supplier<List<String>> models) {
    return speaking(request ->
        request.path().endsWith("/models")
            ? UpstreamScript.answers(200, "application/json", list(models.get()))
            : greeting(request));
  }

  /** Listens, and has the ways of a kind of server where no script waits. */
  public static ScriptedUpstream speaking(ServerDialect dialect) {
    try {
      ScriptedUpstream upstream =
          new ScriptedUpstream(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), dialect);
      upstream.connections.execute(upstream::accept);
      return upstream;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String list(List<String> models) {
    return "{\"object\":\"list\",\"data\":["
        + String.join(
            ",",
            models.stream()
                .map(model -> "{\"id\":\"" + model + "\",\"max_model_len\":4096}")
                .toList())
        + "]}";
  }

  /** Where its API is. */
  public URI base() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/v1");
  }

  /** What it does next. */
  public void next(UpstreamScript script) {
    scripts.add(script);
  }

  /** The generations that were asked of it. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** Bytes that the machine took over from it, on all connections. */
  public long sentBytes() {
    return sent.get();
  }

  /** Waits for a client that leaves before its answer is whole; false if none does in time. */
  public boolean awaitLeaver() throws InterruptedException {
    return left.poll(10, TimeUnit.SECONDS) != null;
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        sockets.add(socket);
        connections.execute(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        String head = head(in);
        if (head.isEmpty()) {
          return;
        }
        Request request = new Request(head, body(in, head));
        UpstreamScript script = null;
        if (request.path().endsWith("/completions")) {
          requests.add(request);
          script = scripts.poll();
        }
        play(socket, in, request, script == null ? dialect.answer(request) : script);
      }
    } catch (IOException | InterruptedException gone) {
      // The client left, or the server closes: the connection ends either way.
    } finally {
      sockets.remove(socket);
    }
  }

  private static UpstreamScript greeting(Request request) {
    return request.body().contains("\"stream\":true")
        ? UpstreamScript.stream()
            .then(UpstreamScript.says("Hello"))
            .then(UpstreamScript.says(" there"))
            .then(
                UpstreamScript.finishes("stop")
                    + UpstreamScript.usage(5, 0, 2)
                    + UpstreamScript.done())
            .thenEnds()
        : UpstreamScript.answers(200, "application/json", UpstreamScript.chat("Hello there", 5, 2));
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static String body(InputStream in, String head) throws IOException {
    int length = 0;
    for (String line : head.lines().toList()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(in.readNBytes(length));
    return body.toString(StandardCharsets.UTF_8);
  }

  private void play(Socket socket, InputStream in, Request request, UpstreamScript script)
      throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    for (Step step : script.steps()) {
      try {
        switch (step) {
          case Step.Send(String bytes, boolean singly) -> send(out, bytes, singly);
          case Step.Await(CountDownLatch gate) -> await(socket, in, gate);
          case Step.Reset() -> {
            // A close that lingers for no time at all is a reset.
            socket.setSoLinger(true, 0);
            socket.close();
            throw new IOException("reset");
          }
          case Step.Flood(String bytes) -> {
            while (!socket.isClosed()) {
              send(out, bytes, false);
            }
          }
        }
      } catch (IOException gone) {
        left.add(request);
        throw gone;
      }
    }
    out.flush();
  }

  private void send(OutputStream out, String text, boolean singly) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!singly) {
      out.write(bytes);
      out.flush();
      sent.addAndGet(bytes.length);
      return;
    }
    for (byte each : bytes) {
      out.write("1\r\n".getBytes(StandardCharsets.US_ASCII));
      out.write(each);
      out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
      sent.incrementAndGet();
    }
  }

  /** Waits for the gate, and looks now and then whether the client is still there. */
  private static void await(Socket socket, InputStream in, CountDownLatch gate)
      throws IOException, InterruptedException {
    socket.setSoTimeout(POLL_MILLIS);
    while (!gate.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      try {
        if (in.read() < 0) {
          throw new IOException("the client left");
        }
      } catch (SocketTimeoutException stillThere) {
        // Nothing to read is what a client that waits looks like.
      }
    }
    socket.setSoTimeout(0);
  }

  /** Closes the door and every connection, as a server that is killed does. */
  @Override
  public void close() {
    try {
      listening.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    connections.shutdownNow();
  }
}
