package dev.hourglass.app.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chat whose lines come from a pipe, with a gateway that is a stub. */
class ChatCommandTest {
  private static final String COST = "18 tokens cached · 12 computed · 4 answered · first after ";

  @TempDir private Path home = Path.of("");
  private final StubGateway gateway = newGateway();
  private final Map<String, String> environment = new HashMap<>();
  private int exit = -1;

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void answersEachLineWithinOneSession() throws Exception {
    List<String> lines = chat("Hello\n\nAgain\n/quit\nnever sent\n");

    assertThat(lines).hasSize(5);
    assertThat(lines.get(0)).isEqualTo("session sess_1 with tiny");
    assertThat(lines.get(1)).isEqualTo("Grüße back");
    assertThat(lines.get(2)).startsWith(COST).endsWith(" ms");
    assertThat(lines.get(3)).isEqualTo("Grüße back");
    assertThat(exit).isZero();
    assertThat(gateway.requests())
        .filteredOn(request -> request.contains("/chat/"))
        .hasSize(2)
        .allMatch(request -> request.contains(" token-1 null "))
        .first()
        .asString()
        .endsWith(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,"
                + "\"stream_options\":{\"include_usage\":true}}");
  }

  @Test
  void sendsTheApiKeyOfTheEnvironment() throws Exception {
    environment.put("HOURGLASS_API_KEY", "hgk_x");

    chat("Hello\n");

    assertThat(gateway.requests()).allMatch(request -> request.contains(" Bearer hgk_x "));
  }

  @Test
  void keepsTokensInAPrivateFileAndNoMessages() throws Exception {
    chat("Hello, secret\n");

    Path file = home.resolve(".local/state/hourglass/sessions.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).contains("token-1").doesNotContain("secret");
  }

  @Test
  void listsSessionsAndGoesOnWithOneInALaterRun() throws Exception {
    chat("Hello\n/new\n");

    List<String> lines = chat("/sessions\n/resume 1\nMore\n/sessions\n");

    assertThat(lines)
        .startsWith(
            "  sess_1  2026-01-01T00:00:00Z  idle, hot, 2 turns, 42 KV tokens",
            "  sess_2  2026-01-01T00:00:00Z  idle, hot, 2 turns, 42 KV tokens",
            "› question 1",
            "› question 2",
            "session sess_1 goes on",
            "Grüße back")
        .contains("* sess_1  2026-01-01T00:00:00Z  idle, hot, 2 turns, 42 KV tokens");
    assertThat(gateway.requests())
        .filteredOn(request -> request.contains("More"))
        .singleElement()
        .asString()
        .contains(" token-1 ");
  }

  @Test
  void saysThatASessionIsOverAndBeginsANewOne() throws Exception {
    chat("/new\n");
    gateway.sessionsAreOver = true;

    List<String> lines = chat("/sessions\n/resume sess_1\nHello\n");

    assertThat(lines)
        .containsExactly(
            "  sess_1  2026-01-01T00:00:00Z  over",
            "no such session",
            "That session is over; the next line begins a new one.",
            "session sess_2 with tiny",
            "no such session",
            "That session is over; the next line begins a new one.");
    assertThat(exit).isEqualTo(1);
  }

  @Test
  void explainsItsCommands() throws Exception {
    assertThat(chat("/help\n/resume\n/dance\n"))
        .contains(
            "/quit       leave; the session stays",
            "/resume : 0 sessions match (expected: one; see /sessions)",
            "/dance: unknown (expected: /new, /sessions, /resume ID, /help or /quit)");
  }

  @Test
  void saysThatNoGatewayAnswers() {
    gateway.close();

    assertThatThrownBy(() -> chat("Hello\n"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessage(
            "no gateway answers at "
                + gateway.url()
                + ": start one with ./hourglass serve, or name another with --url");
  }

  @Test
  void saysThatTheGatewayIsNotReady() {
    gateway.readiness = 503;

    assertThatThrownBy(() -> chat("Hello\n"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining("is not ready yet");
  }

  @Test
  void stopsAnAnswerWithoutEndingTheClient() throws Exception {
    gateway.endless = true;
    try (GatewayClient client =
        new GatewayClient(URI.create(gateway.url()), null, System::nanoTime)) {
      GatewayClient.Answer answer = client.ask("token-1", "Hello");
      List<String> pieces = new ArrayList<>();

      GatewayClient.AnswerEnd end =
          answer.receive(piece -> {
            pieces.add(piece);
            if (pieces.size() == 3) {
              answer.stop();
            }
          });

      assertThat(end.finishReason()).isEmpty();
      assertThat(pieces).startsWith("Grüße ", "and on ");
      assertThat(gateway.clientLeft.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      gateway.endless = false;
      assertThat(client.ask("token-1", "Again").receive(_ -> {}).finishReason()).contains("stop");
    }
  }

  private List<String> chat(String typed) throws Exception {
    environment.put("HOURGLASS_URL", gateway.url());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    Surroundings surroundings =
        new Surroundings(
            environment,
            home,
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            printed,
            printed,
            false);
    exit =
        new ChatCommand(surroundings, InstantSource.fixed(Instant.parse("2026-01-01T00:00:07Z")))
            .call();
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static StubGateway newGateway() {
    try {
      return new StubGateway();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
