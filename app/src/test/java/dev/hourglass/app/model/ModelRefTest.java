package dev.hourglass.app.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelRefTest {
  private static final String SHA256 = "ab".repeat(32);

  @Test
  void knowsEveryForm() {
    assertThat(ModelRef.parse("default")).isEqualTo(new ModelRef.Default());
    assertThat(ModelRef.parse("/models/a.gguf"))
        .isEqualTo(new ModelRef.LocalFile(Path.of("/models/a.gguf")));
    assertThat(ModelRef.parse("a.gguf"))
        .isEqualTo(new ModelRef.LocalFile(Path.of("a.gguf").toAbsolutePath()));
    assertThat(ModelRef.parse("https://example.org/a.gguf"))
        .isEqualTo(
            new ModelRef.Address(URI.create("https://example.org/a.gguf"), Optional.empty()));
    assertThat(ModelRef.parse("http://127.0.0.1:99/a.gguf#sha256=" + SHA256))
        .isEqualTo(
            new ModelRef.Address(URI.create("http://127.0.0.1:99/a.gguf"), Optional.of(SHA256)));
    assertThat(ModelRef.parse("hf:org/repo/q4/file.gguf"))
        .isEqualTo(new ModelRef.HuggingFace("org", "repo", "q4/file.gguf"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "default",
        "/models/a.gguf",
        "https://example.org/a.gguf",
        "https://example.org/a.gguf#sha256=abababababababababababababababababababababababababababababababab",
        "hf:org/repo/file.gguf"
      })
  void isWrittenAsItIsRead(String text) {
    assertThat(ModelRef.parse(text).text()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.org/a.gguf",
        "http://127.0.0.1.example.org/a.gguf",
        "https://example.org/",
        "https://example.org/a.gguf#sha256=short",
        "https:///a.gguf",
        "https://exa mple.org/a.gguf",
        "hf:org/file.gguf",
        "hf:org/repo/file.bin",
        "hf:org/repo/../../file.gguf",
        "hf:../repo/file.gguf"
      })
  void refusesWhatIsUnsafeOrMalformed(String text) {
    assertThatThrownBy(() -> ModelRef.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: ");
  }
}
