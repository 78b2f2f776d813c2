package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred conversations at once, most of whose clients vanish at a random point. */
class StormTest {
  private static final int SESSIONS = 200;
  private static final int TURNS = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void afterTheStormNothingIsHeld(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(3).write(model);
    try (RunningHouse house =
        RunningHouse.start(
            LlamaSettings.of(model, "tiny", folder.resolve("native"))
                .withContextTokens(512)
                .withKvTokens(2048)
                .withMaxSequences(8)
                .withThreads(ComputeThreads.of(1)),
            folder.resolve("data"),
            ApiKeys.none())) {
      storm(house, SESSIONS, 1);
      Set<String> threads = serverThreads();
      long bytes = nativeBytes();
      storm(house, SESSIONS, 2);
      storm(house, SESSIONS, 3);
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(serverThreads()).isEqualTo(threads));
      assertThat(nativeBytes() - bytes)
          .as("bytes outside the heap that two more storms left behind")
          .isLessThan(64L << 20);
    }
  }

  private void storm(RunningHouse house, int sessions, long seed) throws Exception {
    List<Future<Destroyed>> ends = new ArrayList<>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < sessions; i++) {
        ends.add(clients.submit(conversation(house.base(), new Random(seed * 10_000 + i))));
      }
    }
    int completed = 0;
    for (Future<Destroyed> end : ends) {
      Destroyed destroyed = get(end);
      assertThat(destroyed.residue()).isZero();
      completed += destroyed.completedTurns();
    }
    assertThat(completed).as("turns that ran to their end").isGreaterThanOrEqualTo(sessions);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(house.table().size()).isZero();
          assertThat(house.gateway().turnsInFlight()).isZero();
          assertThat(house.occupancy().usedTokens()).isZero();
          assertThat(house.occupancy().sessions()).isEmpty();
        });
  }

  private record Destroyed(int completedTurns, int residue) {}

  private static Destroyed get(Future<Destroyed> end) throws Exception {
    try {
      return end.get();
    } catch (ExecutionException failure) {
      throw new AssertionError(failure.getCause());
    }
  }

  /** Creates a session, takes turns of which some are abandoned, and destroys it. */
  private Callable<Destroyed> conversation(URI base, Random random) {
    return () -> {
      JsonNode created = call(base, "POST", "/v1/sessions", "", "{}", 201);
      String token = created.get("session_token").asText();
      int completed = 0;
      for (int turn = 1; turn <= TURNS; turn++) {
        if (turn < TURNS && random.nextInt(100) < 75) {
          abandon(base, token, random);
        } else {
          JsonNode answer =
              call(base, "POST", "/v1/chat/completions", token, body(random, false), 200);
          assertThat(answer.get("usage").get("completion_tokens").asInt()).isPositive();
          completed++;
        }
      }
      JsonNode receipt =
          call(
              base, "DELETE", "/v1/sessions/" + created.get("session_id").asText(), token, "", 200);
      return new Destroyed(completed, receipt.get("residue").get("kv_tokens").asInt());
    };
  }

  private static String body(Random random, boolean stream) {
    return """
    {"messages":[{"role":"user","content":"%s"}],"max_tokens":%d,"stream":%b}\
    """
        .formatted("storm ".repeat(1 + random.nextInt(8)), 4 + random.nextInt(12), stream);
  }

  private JsonNode call(
      URI base, String method, String path, String token, String body, int expected)
      throws IOException, InterruptedException {
    while (true) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(base.resolve(path))
              .timeout(Duration.ofMinutes(2))
              .header("Content-Type", "application/json")
              .method(method, HttpRequest.BodyPublishers.ofString(body));
      if (!token.isEmpty()) {
        request.header("X-Session-Token", token);
      }
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      // An abandoned turn may still be on its way out; the line for the session is bounded.
      if (response.statusCode() == 429) {
        continue;
      }
      if (response.statusCode() == 202 && method.equals("DELETE")) {
        return receiptOf(base, path);
      }
      assertThat(response.statusCode()).as(response.body()).isEqualTo(expected);
      return JSON.readTree(response.body());
    }
  }

  private JsonNode receiptOf(URI base, String path) throws IOException, InterruptedException {
    while (true) {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(base.resolve(path + "/receipt")).build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == 200) {
        return JSON.readTree(response.body());
      }
      assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    }
  }

  /** Asks for a stream and vanishes after some bytes of it, or before any. */
  private static void abandon(URI base, String token, Random random) throws IOException {
    byte[] body = body(random, true).getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          """
          POST /v1/chat/completions HTTP/1.1\r
          Host: 127.0.0.1:%d\r
          Content-Type: application/json\r
          X-Session-Token: %s\r
          Content-Length: %d\r
          \r
          """
              .formatted(base.getPort(), token, body.length)
              .getBytes(StandardCharsets.US_ASCII));
      out.write(body);
      out.flush();
      InputStream in = socket.getInputStream();
      int wanted = random.nextInt(3) * random.nextInt(600);
      for (int read = 0; read < wanted; ) {
        int more = in.read(new byte[64]);
        if (more < 0) {
          break;
        }
        read += more;
      }
      if (random.nextBoolean()) {
        socket.setSoLinger(true, 0);
      }
    }
  }

  /** Every platform thread but those of this test's own clients and of the platform's pools. */
  private static Set<String> serverThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> !name.matches("HttpClient-.*|ForkJoinPool.*|awaitility.*|VirtualThread-.*"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Memory of this process outside the Java heap, as the system sees it. */
  private static long nativeBytes() throws IOException {
    System.gc();
    String status = Files.readString(Path.of("/proc/self/status"));
    String resident =
        status.lines().filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
    long kilobytes = Long.parseLong(resident.replaceAll("\\D", ""));
    return (kilobytes << 10) - Runtime.getRuntime().totalMemory();
  }
}
