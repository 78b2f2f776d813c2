package dev.hourglass.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.config.HourglassConfig.Pool;
import dev.hourglass.app.config.HourglassConfig.PoolServer;
import dev.hourglass.engine.remote.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolSourceTest {
  private static final String SECRET = "sk-very-secret";

  @TempDir private Path folder = Path.of("");

  @Test
  void readsPools() throws IOException {
    HourglassConfig config =
        load(
            """
            pools:
              - name: chat
                models: [big, small]
                aliases: {gpt-4o: big}
                default: small
                routing: prefix
                endpoints:
                  - url: http://a:8080/v1
                    kind: llama-server
                    weight: 2.5
                    capacity: 8
                    credential_env: GPU_KEY
                  - {url: "https://b/v1", ca_file: /ca.pem}
              - name: other
                endpoints: [{url: "http://c/v1", insecure: true}]
            """);

    Pool chat = config.pools().getFirst();
    assertThat(chat.models()).containsExactly("big", "small");
    assertThat(chat.aliases()).containsExactly(Map.entry("gpt-4o", "big"));
    assertThat(chat.defaultModel()).isEqualTo("small");
    assertThat(chat.routing()).isEqualTo("prefix");
    PoolServer first = chat.servers().getFirst();
    assertThat(first.kind()).isEqualTo(ServerKind.LLAMA_SERVER);
    assertThat(first.weight()).isEqualTo(2.5);
    assertThat(first.capacity()).isEqualTo(8);
    assertThat(first.credential()).isNotNull();
    assertThat(chat.servers().getLast().caFile()).isEqualTo(Path.of("/ca.pem"));
    assertThat(config.pools().getLast().servers().getFirst().insecure()).isTrue();
    assertThat(config.standsInFront()).isTrue();
    assertThat(config.toString()).doesNotContain(SECRET);
  }

  @Test
  void readsACredentialFromAFile() throws IOException {
    Files.writeString(folder.resolve("key"), SECRET + "\n");

    HourglassConfig config =
        load(
            "pools: [{name: p, endpoints: [{url: \"http://a/v1\", credential_file: %s}]}]"
                .formatted(folder.resolve("key")));

    assertThat(config.pools().getFirst().servers().getFirst().credential())
        .hasToString("****")
        .extracting(credential -> credential == null ? "" : credential.secret())
        .isEqualTo(SECRET);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          7 | pools: … (expected: a YAML list in the configuration file)
          [3] | pools[0]: (expected: an entry of
          [{name: p}] | pools[0].endpoints: none (expected: at least one)
          [{name: p q, endpoints: [{url: http://a}]}] | pools[0].name: p q (expected: 1 to 64
          [{name: p, endpoint: []}] | pools[0].endpoint: unknown key (did you mean endpoints?)
          [{name: p, endpoints: [{url: ftp://a}]}] | pools[0].endpoints[0].url: ftp://a (expected: an address
          [{name: p, endpoints: [{url: 'http://me:secret@a'}]}] | pools[0].endpoints[0].url: http://…@a (expected: an address
          [{name: p, endpoints: [{url: http://a, weight: -1}]}] | pools[0].endpoints[0].weight: -1 (expected: above 0 and at most 1000)
          [{name: p, endpoints: [{url: http://a, capacity: many}]}] | pools[0].endpoints[0].capacity: many (expected: above 0
          [{name: p, endpoints: [{url: http://a, kind: ollama}]}] | pools[0].endpoints[0].kind: ollama (expected: one of openai, llama-server
          [{name: p, endpoints: [{url: http://a, credential_env: UNSET}]}] | pools[0].endpoints[0].credential_env: UNSET (expected: a variable that is set)
          [{name: p, endpoints: [{url: http://a, credential_file: /no}]}] | pools[0].endpoints[0].credential_file: /no (expected: a readable file)
          [{name: p, routing: best, endpoints: [{url: http://a}]}] | pools[0].routing: best (expected: one of round-robin
          [{name: p, models: [m], aliases: {x: n}, endpoints: [{url: http://a}]}] | pools[0].aliases: x: n (expected: one of the pool's models)
          [{name: p, models: [m], default: n, endpoints: [{url: http://a}]}] | pools[0].default: n (expected: one of the pool's models)
          [{name: p, endpoints: [{url: http://a}]}, {name: p, endpoints: [{url: http://b}]}] | pools[1].name: p (expected: a name of its own)
          [{name: p, endpoints: [{url: http://a}, {url: http://a}]}] | pools[0].endpoints: http://a (expected: each server once
          """)
  void saysWhatIsWrong(String pools, String problem) {
    assertThatThrownBy(() -> load("pools: " + pools))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void isNotGivenBesideTheOneLiner() {
    assertThatThrownBy(() ->
            load(
                "upstream: {urls: [http://b/v1]}\npools: [{name: p, endpoints: [{url: http://a}]}]"))
        .hasMessage("upstream.urls: given beside pools (expected: one of them)");
  }

  private HourglassConfig load(String text) throws IOException {
    Path file = folder.resolve("hourglass.yaml");
    Files.writeString(file, text);
    return new ConfigLoader(Map.of("GPU_KEY", SECRET), Path.of("/data")).load(file, Map.of());
  }
}
