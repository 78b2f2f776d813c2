package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaOpeningTest {
  @TempDir private Path folder;

  @Test
  void saysThatTheModelIsMissing() {
    assertThat(unavailable(folder.resolve("none.gguf")))
        .isEqualTo("model " + folder.resolve("none.gguf") + " does not exist");
  }

  @Test
  void saysThatTheFileIsNoModel() throws IOException {
    Path file = folder.resolve("page.gguf");
    Files.writeString(file, "<html>404 not found, and some more words</html>");
    assertThat(unavailable(file)).contains("does not begin with GGUF");
  }

  @Test
  void refusesAModelThatIsCutOffAnywhere() throws IOException {
    byte[] whole = Files.readAllBytes(TinyModel.endless(1).write(folder.resolve("whole.gguf")));
    Path file = folder.resolve("cut.gguf");
    for (int length = 0; length < whole.length; length += 1 + whole.length / 97) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(unavailable(file)).startsWith("model " + file + " is not a usable GGUF file");
    }
  }

  @Test
  void refusesAModelWithADamagedHead() throws IOException {
    byte[] whole = Files.readAllBytes(TinyModel.endless(1).write(folder.resolve("whole.gguf")));
    Path file = folder.resolve("damaged.gguf");
    Random random = new Random(11);
    for (int round = 0; round < 300; round++) {
      byte[] damaged = whole.clone();
      for (int hit = 0; hit < 4; hit++) {
        damaged[8 + random.nextInt(600)] = (byte) random.nextInt();
      }
      Files.write(file, damaged);
      try {
        GgufFile.check(file);
      } catch (EngineUnavailableException refused) {
        assertThat(refused).hasMessageContaining(file.toString());
      }
    }
  }

  @Test
  void passesOnWhatTheLibrarySaysOfAModelThatItCannotUse() throws IOException {
    Path file = folder.resolve("strange.gguf");
    byte[] whole = Files.readAllBytes(TinyModel.endless(1).write(file));
    String text = new String(whole, java.nio.charset.StandardCharsets.ISO_8859_1);
    Files.write(
        file,
        text.replace(
                "general.architecture\b\0\0\0\5\0\0\0\0\0\0\0llama",
                "general.architecture\b\0\0\0\5\0\0\0\0\0\0\0wxyza")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    assertThat(unavailable(file)).contains("does not load").contains("unknown model architecture");
  }

  @Test
  void saysThatTheLibraryCannotBeUnpacked() throws IOException {
    Path file = folder.resolve("a-file");
    Files.writeString(file, "not a folder");
    LlamaSettings settings = LlamaEngines.settings(TinyModel.endless(1));
    assertThat(unavailable(settings.modelFile(), file)).contains("cannot be unpacked");
  }

  @Test
  void replacesADamagedLibrary() throws Exception {
    NativeArchive archive = new NativeArchive(folder);
    Path library = archive.library();
    byte[] sound = Files.readAllBytes(library);
    Files.write(library, new byte[] {1, 2, 3});
    assertThat(archive.library()).isEqualTo(library);
    assertThat(Files.readAllBytes(library)).isEqualTo(sound);
    try (var files = Files.list(library.getParent())) {
      assertThat(files).containsExactly(library);
    }
  }

  @Test
  void saysThatALibraryDoesNotLoad() throws IOException {
    Path file = folder.resolve("libjllama.so");
    Files.writeString(file, "no library");
    assertThatThrownBy(() -> LlamaLibrary.open(file))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("does not load");
  }

  @Test
  void knowsItsPlatforms() throws Exception {
    assertThat(NativeArchive.resource("Linux", "amd64")).endsWith("/Linux/x86_64/libjllama.so");
    assertThat(NativeArchive.resource("Mac OS X", "aarch64"))
        .endsWith("/Mac/aarch64/libjllama.dylib");
    assertThat(NativeArchive.resource("Windows 11", "amd64")).endsWith("/x86_64/jllama.dll");
    assertThatThrownBy(() -> NativeArchive.resource("Plan 9", "mips"))
        .hasMessageContaining("Plan 9 on mips");
  }

  private String unavailable(Path model) {
    return unavailable(model, folder.resolve("native"));
  }

  private static String unavailable(Path model, Path cacheFolder) {
    LlamaOpening opening =
        LlamaEngine.open(
            LlamaSettings.of(model, "tiny", cacheFolder),
            new LeastRecentlyUsed(),
            (session, kvTokens) -> {},
            System::nanoTime,
            new Random(1));
    assertThat(opening).isInstanceOf(LlamaOpening.Unavailable.class);
    String reason = ((LlamaOpening.Unavailable) opening).reason();
    assertThat(reason).doesNotContain("\n");
    return reason;
  }
}
