package dev.hourglass.app.bench.proxy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long a server goes on for a client that has left: clients read one token of a stream and hang
 * up, one after another, while the server says nothing, so that no failing write can tell.
 */
final class CancelBenchmark {
  private static final long PATIENCE_SECONDS = 10;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final String QUESTION =
      "{\"model\":\"bench\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final StallingServer upstream;

  CancelBenchmark(StallingServer upstream) {
    this.upstream = upstream;
  }

  /** Milliseconds from a client's leaving to the end of the connection upstream. */
  record Report(int clients, double median, double p99, double most) {
    String text() {
      return String.format(
          Locale.ROOT,
          "%,d clients left; the server was hung up on after, in ms%n%10s %10s %10s%n"
              + "%10.2f %10.2f %10.2f",
          clients,
          "p50",
          "p99",
          "longest",
          median,
          p99,
          most);
    }

    String json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      return json.put("clients", clients)
          .put("p50Millis", median)
          .put("p99Millis", p99)
          .put("longestMillis", most)
          .toString();
    }
  }

  /** Measures with clients of whoever listens on a port, after as many that only warm it up. */
  Report run(int port, int clients) throws IOException, InterruptedException, ExpectedFailure {
    Histogram nanos = new Histogram(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS), 3);
    for (int client = 0; client < 2 * clients; client++) {
      long took = leave(port);
      if (client >= clients) {
        nanos.recordValue(took);
      }
    }
    return new Report(
        clients,
        nanos.getValueAtPercentile(50) / NANOS_PER_MILLI,
        nanos.getValueAtPercentile(99) / NANOS_PER_MILLI,
        nanos.getMaxValue() / NANOS_PER_MILLI);
  }

  private long leave(int port) throws IOException, InterruptedException, ExpectedFailure {
    long left;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      socket
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:"
                      + port
                      + "\r\nContent-Type: application/json\r\nContent-Length: "
                      + QUESTION.length()
                      + "\r\n\r\n"
                      + QUESTION)
                  .getBytes(StandardCharsets.US_ASCII));
      readToken(socket.getInputStream());
      left = System.nanoTime();
    }
    Long hungUp = upstream.hangUps().poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (hungUp == null) {
      throw new ExpectedFailure(
          "a client left, and the server was not hung up on within " + PATIENCE_SECONDS + " s");
    }
    return Math.max(0, hungUp - left);
  }

  private static void readToken(InputStream in) throws IOException, ExpectedFailure {
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(StallingServer.TOKEN) < 0) {
      int next = in.read();
      if (next < 0) {
        throw new ExpectedFailure("the stream ended before its first token: " + seen);
      }
      seen.append((char) next);
    }
  }
}
