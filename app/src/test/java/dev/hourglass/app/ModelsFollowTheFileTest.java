package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.app.config.ConfigLoader;
import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.UpstreamScript;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program in this process, whose file is written anew while it runs. */
class ModelsFollowTheFileTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final ScriptedUpstream one = ScriptedUpstream.start("m");
  private final ScriptedUpstream two = ScriptedUpstream.start("n", "n-large");
  private final HttpClient http = HttpClient.newHttpClient();
  private final ShutdownOrder shutdown = new ShutdownOrder();
  @TempDir private Path folder = Path.of("");
  private Path file = Path.of("");
  private URI base = URI.create("http://127.0.0.1");

  @BeforeEach
  void start() throws Exception {
    file = folder.resolve("hourglass.yaml");
    write(pool("first", one, ""));
    Surroundings surroundings =
        new Surroundings(
            Map.of(),
            folder,
            InputStream.nullInputStream(),
            new PrintStream(PrintStream.nullOutputStream()),
            new PrintStream(PrintStream.nullOutputStream()),
            false);
    Main main = Main.following(file, this::read, read(), surroundings, shutdown);
    HourglassServer server = main.listen();
    main.open(server, Optional.empty());
    base = URI.create("http://127.0.0.1:" + server.port());
  }

  private HourglassConfig read() {
    return new ConfigLoader(Map.of(), folder.resolve("data"))
        .load(
            file,
            Map.of("server.host", "127.0.0.1", "server.port", "0", "reservations.sessions", "4"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    shutdown.run();
    one.close();
    two.close();
  }

  @Test
  void aModelThatIsNewIsServedAsThoseOfTheStartAre() throws Exception {
    assertThat(chat("n", "").statusCode()).isEqualTo(404);

    write(pool("first", one, "") + pool("second", two, "    aliases: {other: n}\n"));
    awaitModels("\"m\"", "\"n\"", "\"n-large\"");

    assertThat(chat("n", "").body()).contains("Hello there");
    assertThat(chat("other", "").body()).contains("Hello there");
    assertThat(two.requests()).hasSize(2);
    HttpResponse<String> born = send("POST", "/v1/sessions", "{\"model\":\"n\"}", "");
    assertThat(chat("n", find(born.body(), "\"session_token\":\"([^\"]+)")).statusCode())
        .isEqualTo(200);
    String id = find(born.body(), "\"session_id\":\"([^\"]+)");
    assertThat(send("DELETE", "/v1/sessions/" + id, "", "").body()).contains("\"residue\"");
    assertThat(send("GET", "/v1/sessions/" + id, "", "").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/v1/load", "", "").body())
        .contains("\"model\":\"n\"", "\"place\":\"n-large\"");
    assertThat(send("GET", "/v1/endpoints", "", "").body()).contains("\"model\":\"n\"");
    assertThat(figure("hourglass_admission_admitted_total{how=\"at_once\",model=\"n\"}"))
        .isEqualTo(3);
    assertThat(figure("hourglass_reservations_capacity{model=\"n\"}")).isEqualTo(4);
    assertThat(figure("hourglass_pool_retries_left{model=\"n\"}")).isPositive();
    await()
        .atMost(SOON)
        .until(
            () -> figure("hourglass_load_signal{place=\"n\",signal=\"in_flight_requests\"}") == 0);
  }

  @Test
  void aServerMayBeSaidToServeMore() throws Exception {
    write(pool("first", one, "    models: [m, k]\n    default: k\n"));
    awaitModels("\"m\"", "\"k\"");

    assertThat(chat("k", "").statusCode()).isEqualTo(200);
    assertThat(chat(null, "").statusCode()).isEqualTo(200);
    assertThat(one.requests().getLast().body()).contains("\"model\":\"k\"");
    assertThat(chat("m", "").statusCode()).isEqualTo(200);
  }

  @Test
  void aModelThatIsGoneTakesNoNewTurnsAndEndsWhatItHas() throws Exception {
    HttpResponse<String> born = send("POST", "/v1/sessions", "{\"model\":\"m\"}", "");
    String token = find(born.body(), "\"session_token\":\"([^\"]+)");
    String id = find(born.body(), "\"session_id\":\"([^\"]+)");
    CountDownLatch gate = new CountDownLatch(1);
    one.next(UpstreamScript.streamHaltedBy(gate));
    HttpResponse<InputStream> running =
        http.send(
            request("/v1/chat/completions", token)
                .POST(BodyPublishers.ofString(body("m", true)))
                .build(),
            BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(running.body(), StandardCharsets.UTF_8))) {
      String first = lines.readLine();

      write(pool("second", two, ""));
      await().atMost(SOON).until(() -> chat("m", "").statusCode() == 404);

      assertThat(chat("m", "").body()).contains("\"model_not_found\"", "\"param\":\"model\"");
      assertThat(chat(null, token).body()).contains("model: m (expected: one that /v1/models");
      assertThat(models()).contains("\"n\"").doesNotContain("\"m\"");
      assertThat(chat(null, "").statusCode()).isEqualTo(200);
      assertThat(two.requests().getLast().body()).contains("\"model\":\"n\"");
      gate.countDown();
      assertThat(first + lines.lines().collect(Collectors.joining()))
          .contains("Hel", "lo", "[DONE]");
    }
    assertThat(send("DELETE", "/v1/sessions/" + id, "", "").body()).contains("\"residue\"");

    write(pool("second", two, "") + pool("first", one, ""));
    await().atMost(SOON).until(() -> chat("m", "").statusCode() == 200);
  }

  // --- the file --------------------------------------------------------------------------------

  private void write(String pools) throws IOException {
    Path next = Files.writeString(folder.resolve("next.yaml"), "pools:\n" + pools);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String pool(String name, ScriptedUpstream upstream, String more) {
    return "  - name: "
        + name
        + "\n"
        + more
        + "    endpoints:\n      - url: "
        + upstream.base()
        + "\n";
  }

  // --- a client --------------------------------------------------------------------------------

  private void awaitModels(String... names) {
    await().atMost(SOON).untilAsserted(() -> assertThat(models()).contains(names));
  }

  private String models() throws IOException, InterruptedException {
    return send("GET", "/v1/models", "", "").body();
  }

  private HttpResponse<String> chat(@Nullable String model, String token)
      throws IOException, InterruptedException {
    return send("POST", "/v1/chat/completions", body(model, false), token);
  }

  private static String body(@Nullable String model, boolean stream) {
    return "{%s\"stream\":%b,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        .formatted(model == null ? "" : "\"model\":\"" + model + "\",", stream);
  }

  private HttpResponse<String> send(String method, String path, String body, String token)
      throws IOException, InterruptedException {
    return http.send(
        request(path, token).method(method, BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path, String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path)).header("Content-Type", "application/json");
    return token.isEmpty() ? request : request.header("X-Session-Token", token);
  }

  private double figure(String series) throws IOException, InterruptedException {
    return Double.parseDouble(
        find(send("GET", "/metrics", "", "").body(), Pattern.quote(series) + " (\\S+)"));
  }

  private static String find(String text, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(text);
    assertThat(found.find()).as("%s in %s", pattern, text).isTrue();
    return found.group(1);
  }
}
