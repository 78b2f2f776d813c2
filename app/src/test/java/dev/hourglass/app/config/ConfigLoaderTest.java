package dev.hourglass.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.config.HourglassConfig.Synchronous;
import dev.hourglass.core.session.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
  private static final Path DATA = Path.of("/data");

  @TempDir private Path folder = Path.of("");

  @Test
  void everythingHasADefault() {
    HourglassConfig config = load(null, Map.of(), Map.of());

    assertThat(config.server().host()).isEqualTo("127.0.0.1");
    assertThat(config.server().port()).isEqualTo(8080);
    assertThat(config.limits().bodyBytes()).isEqualTo(8 << 20);
    assertThat(config.limits().headerBytes()).isEqualTo(16 << 10);
    assertThat(config.limits().unreadBytes()).isEqualTo(8 << 20);
    assertThat(config.sessions().contextTtl()).isEqualTo(Duration.ofMinutes(30));
    assertThat(config.store().folder()).isEqualTo(DATA);
    assertThat(config.keys()).isEmpty();
  }

  @Test
  void flagsOverruleTheEnvironmentWhichOverrulesTheFile() throws IOException {
    Path file = file("server: {port: 1, host: localhost}\nengine: {sequences: 3}");
    Map<String, String> environment =
        Map.of("HOURGLASS_SERVER_PORT", "2", "HOURGLASS_ENGINE_QUEUE", "9");

    HourglassConfig config = load(file, environment, Map.of("server.port", "3"));

    assertThat(config.server().port()).isEqualTo(3);
    assertThat(load(file, environment, Map.of()).server().port()).isEqualTo(2);
    assertThat(load(file, Map.of(), Map.of()).server().port()).isEqualTo(1);
    assertThat(config.server().host()).isEqualTo("localhost");
    assertThat(config.engine().sequences()).isEqualTo(3);
    assertThat(config.engine().queue()).isEqualTo(9);
  }

  @Test
  void aPolicyThatDoesNotExistIsOneClearLine() {
    assertThatThrownBy(() -> load(null, Map.of(), Map.of("retention.policy", "fifo")))
        .hasMessageContaining(
            "retention.policy: fifo (expected: fixed-ttl, tiered-ttl, lru, activity or value)");
    assertThatThrownBy(() ->
            load(null, Map.of(), Map.of("retention.hot_ttl", "10m", "retention.cold_ttl", "5m")))
        .hasMessageContaining(
            "retention.cold_ttl: 300s (expected: at least retention.hot_ttl, 600s)");
    assertThatThrownBy(() -> load(null, Map.of(), Map.of("retention.hot_ttl", "0s")))
        .hasMessageContaining("retention.hot_ttl: 0s");
    assertThatThrownBy(() -> load(null, Map.of(), Map.of("retention.hot_ttl", "9999999d")))
        .hasMessageContaining("retention.hot_ttl: 9999999d");
  }

  @Test
  void readsEveryForm() throws IOException {
    Path file =
        file(
            """
            server:
              insecure: true
              header_timeout: 250ms
            limits:
              body: 64KiB
            sessions:
              context_ttl: 2h
            model:
              aliases: [gpt-4o-mini, small]
            store:
              folder: /somewhere
              synchronous: full
            """);

    HourglassConfig config = load(file, Map.of(), Map.of());

    assertThat(config.server().insecure()).isTrue();
    assertThat(config.server().headerTimeout()).isEqualTo(Duration.ofMillis(250));
    assertThat(config.limits().bodyBytes()).isEqualTo(65_536);
    assertThat(config.sessions().contextTtl()).isEqualTo(Duration.ofHours(2));
    assertThat(config.model().aliases()).containsExactly("gpt-4o-mini", "small");
    assertThat(config.store().folder()).isEqualTo(Path.of("/somewhere"));
    assertThat(config.store().synchronous()).isEqualTo(Synchronous.FULL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          server.prot: 1                | server.prot: unknown key (did you mean server.port?)
          sever: {port: 1}              | sever.port: unknown key (did you mean server.port?)
          xyzzy: 1                      | xyzzy: unknown key
          server.port: 99999            | server.port: 99999 (expected: 0 to 65535)
          server.port: eight            | server.port: eight (expected: 0 to 65535)
          server.port: [1]              | server.port: a list (expected: 0 to 65535)
          server.port:                  | server.port: nothing (expected: 0 to 65535)
          server: 8080                  | server: (expected: a section of keys)
          sessions.sweep_interval: 30   | sessions.sweep_interval: 30 (expected: 100ms to 1h)
          sessions.sweep_interval: 2h   | sessions.sweep_interval: 2h (expected: 100ms to 1h)
          limits.body: 1000000GiB       | limits.body: 1000000GiB (expected: 1KiB to 1GiB)
          limits.body: 5MB              | limits.body: 5MB (expected: 1KiB to 1GiB)
          server.insecure: maybe        | server.insecure: maybe (expected: true or false)
          store.synchronous: none       | store.synchronous: none (expected: normal or full)
          """)
  void saysWhatIsWrongInTheFile(String line, String problem) throws IOException {
    String yaml = line.matches("\\w+\\..*") ? line.replaceFirst("\\.", ":\n  ") : line;
    Path file = file(yaml);

    assertThatThrownBy(() -> load(file, Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("hourglass.yaml: " + problem);
  }

  @Test
  void reportsAllProblemsAtOnce() throws IOException {
    Path file = file("server: {prot: 1}\nlog: {level: loud}");

    assertThatThrownBy(() -> load(file, Map.of("HOURGLASS_SERVER_PORT", "x"), Map.of("a.b", "c")))
        .hasMessage(
            """
            hourglass.yaml: server.prot: unknown key (did you mean server.port?)
            hourglass.yaml: log.level: loud (expected: error or warn or info or debug)
            HOURGLASS_SERVER_PORT: x (expected: 0 to 65535)
            a.b: unknown key\
            """);
  }

  @Test
  void refusesAFileThatIsNoYaml() throws IOException {
    Path file = file("server: {port: 1");

    assertThatThrownBy(() -> load(file, Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("hourglass.yaml: line ");
  }

  @Test
  void refusesAKeyThatIsThereTwice() throws IOException {
    Path file = file("server: {port: 1}\nserver: {port: 2}");

    assertThatThrownBy(() -> load(file, Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("uplicate");
  }

  @Test
  void refusesAFileThatIsNotThere() {
    Path file = folder.resolve("absent.yaml");

    assertThatThrownBy(() -> load(file, Map.of(), Map.of()))
        .hasMessage(file + " (expected: a readable configuration file)");
  }

  @Test
  void anEmptyFileChangesNothing() throws IOException {
    assertThat(load(file("# nothing\n"), Map.of(), Map.of()))
        .isEqualTo(load(null, Map.of(), Map.of()));
  }

  @Test
  void namesTheNearestVariable() {
    assertThatThrownBy(() -> load(null, Map.of("HOURGLASS_SERVER_PROT", "1"), Map.of()))
        .hasMessage("HOURGLASS_SERVER_PROT: unknown key (did you mean HOURGLASS_SERVER_PORT?)");
  }

  @Test
  void overlooksVariablesThatAnOrchestratorSetsForAServiceOfThatName() {
    Map<String, String> links =
        Map.of(
            "HOURGLASS_SERVICE_HOST", "10.0.0.1",
            "HOURGLASS_SERVICE_PORT", "8080",
            "HOURGLASS_PORT", "tcp://10.0.0.1:8080",
            "HOURGLASS_PORT_8080_TCP_ADDR", "10.0.0.1",
            "HOURGLASS_SERVER_PORT", "tcp://10.0.0.1:8080");

    assertThat(load(null, links, Map.of()).server().port()).isEqualTo(8080);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          engine.kv_tokens=64        | engine.kv_tokens: 64 (expected: at least engine.context_tokens, 4096)
          sessions.context_ttl=31d   | sessions.context_ttl: 2678400s (expected: at most sessions.context_ttl_most, 2592000s)
          sessions.most_implicit=256 | sessions.most_implicit: 256 (expected: more than limits.turns_in_flight, 256)
          """)
  void refusesValuesThatContradictEachOther(String flag, String problem) {
    int equals = flag.indexOf('=');
    Map<String, String> flags =
        Map.of(flag.substring(0, equals), flag.substring(equals + 1).strip());

    assertThatThrownBy(() -> load(null, Map.of(), flags)).hasMessage(problem);
  }

  @Test
  void takesApiKeysAsHashFromTheEnvironmentAndFromAFile() throws IOException {
    Path keyFile = Files.writeString(folder.resolve("key"), "secret-c\n");
    Path file =
        file(
            """
            keys:
              - {tenant: a, sha256: %s}
              - {tenant: b, key_env: B_KEY}
              - {tenant: c, file: %s}
            """
                .formatted(key("a", "secret-a").sha256().hex(), keyFile));

    HourglassConfig config = load(file, Map.of("B_KEY", "secret-b"), Map.of());

    assertThat(config.keys())
        .containsExactly(key("a", "secret-a"), key("b", "secret-b"), key("c", "secret-c"));
  }

  @Test
  void takesApiKeysAsOneVariable() {
    String pairs = "a:" + key("a", "x").sha256().hex() + ", b:" + key("b", "y").sha256().hex();

    assertThat(load(null, Map.of("HOURGLASS_KEYS", pairs), Map.of()).keys())
        .containsExactly(key("a", "x"), key("b", "y"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {tenant: a, sha256: hgk_secret}   | hourglass.yaml: keys[0].sha256: 10 characters (expected: 64 hexadecimal digits)
          {tenant: a, key_env: ABSENT}      | keys[0].key_env: ABSENT (expected: a variable that is set)
          {tenant: a, file: /absent}        | keys[0].file: /absent (expected: a readable file)
          {tenant: a b, file: /absent}      | hourglass.yaml: keys[0].tenant: a b (expected: 1 to 64 letters, digits, '.', '_' or '-')
          {tenant: a, secret: hgk_secret}   | hourglass.yaml: keys[0]: [secret, tenant] (expected: tenant and one of sha256, key_env, file)
          """)
  void refusesApiKeysWithoutRepeatingThem(String entry, String problem) throws IOException {
    Path file = file("keys:\n  - " + entry);

    assertThatThrownBy(() -> load(file, Map.of(), Map.of()))
        .hasMessage(problem)
        .message()
        .doesNotContain("hgk_secret");
  }

  private static ApiKey key(String tenant, String secret) {
    return ApiKey.of(new TenantId(tenant), secret);
  }

  private static HourglassConfig load(
      @Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
    return new ConfigLoader(environment, DATA).load(file, flags);
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("hourglass.yaml"), yaml);
  }
}
