package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.app.config.ApiKey;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.core.session.TenantId;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  @TempDir private Path home = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "serve --help",
        "chat --help",
        "model --help",
        "model pull --help",
        "model list --help",
        "model remove --help",
        "key --help",
        "bench --help",
        "bench engine --help",
        "bench start --help",
        "bench reservations --help",
        "reserve --help",
        "reserve list --help",
        "reserve cancel --help",
        "doctor --help",
        "replay --help",
        "replay forecast --help",
        "version --help"
      })
  void everyCommandExplainsItself(String arguments) {
    assertThat(run(arguments)).isZero();
    assertThat(text(out)).startsWith("Usage: hourglass");
  }

  @Test
  void drawsAKeyWhoseHashIsInTheLinesForTheFile() {
    assertThat(run("key --tenant acme")).isZero();

    Matcher secret = Pattern.compile("hgk_[\\w-]{43}").matcher(text(out));
    assertThat(secret.find()).isTrue();
    assertThat(text(out))
        .contains("- tenant: acme")
        .contains("sha256: " + ApiKey.of(new TenantId("acme"), secret.group()).sha256().hex());
  }

  @Test
  void refusesAWrongTenantInOneLine() {
    assertThat(run("key --tenant a/b")).isEqualTo(1);
    assertThat(text(err)).startsWith("hourglass: tenant id: a/b (expected: ").hasLineCount(1);
  }

  @Test
  void refusesAWrongConfigurationBeforeAnythingStarts() {
    assertThat(run("serve --port 99999")).isEqualTo(1);
    assertThat(text(err)).isEqualTo("hourglass: server.port: 99999 (expected: 0 to 65535)\n");
  }

  @Test
  void refusesAModelThatIsNotThereInOneLine() {
    assertThat(run("serve --port 0 --model /absent.gguf")).isEqualTo(1);
    assertThat(text(err))
        .startsWith("hourglass: model: /absent.gguf (expected: an existing file")
        .hasLineCount(1);
  }

  @Test
  void refusesAnOpenAddressWithoutKeysInOneLine() {
    assertThat(run("serve --port 0 --host 0.0.0.0")).isEqualTo(1);
    assertThat(text(err)).contains("--insecure").hasLineCount(1);
  }

  @Test
  void doctorSaysWhatIsMissingAndHowToGetIt() {
    assertThat(run("doctor --port 0 --data /proc/nowhere")).isEqualTo(1);
    assertThat(text(out))
        .contains("✓ memory", "✓ port", "✗ data folder  /proc/nowhere cannot be written")
        .contains("✗ model  fetching the default model needs python3 with pip")
        .contains("- llama.cpp  is tried once a model is here")
        .contains("- Chromium, for the tests  apt-get install chromium");
  }

  @Test
  void tellsItsVersion() {
    assertThat(run("version")).isZero();
    assertThat(text(out)).startsWith("hourglass ").hasLineCount(1);
  }

  @Test
  void refusesAnUnknownCommand() {
    assertThat(run("serv")).isEqualTo(2);
    assertThat(text(err)).contains("serv");
  }

  private int run(String arguments) {
    Surroundings surroundings =
        new Surroundings(
            Map.of("PATH", "/nowhere"),
            home,
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return HourglassCommand.commandLine(surroundings)
        .execute(Pattern.compile(" ").split(arguments));
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
