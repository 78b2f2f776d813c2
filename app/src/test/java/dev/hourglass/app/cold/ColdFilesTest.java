package dev.hourglass.app.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.residency.ColdStore.Label;
import dev.hourglass.core.residency.ColdStoreException;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is cold opens for its owner only, unchanged, in this run. */
class ColdFilesTest {
  private static final SessionId SESSION = SessionId.random(new Random(1));
  private static final Label LABEL = new Label(SESSION, new TenantId("acme"), "print", 7);
  private static final int MORE_THAN_TWO_BLOCKS = (2 << 20) + 12_345;

  @TempDir Path folder;

  @Test
  void givesBackWhatItWasGivenAndNothingReadableLies() throws Exception {
    byte[] content = content();
    try (ColdFiles cold = ColdFiles.open(folder, new SecureRandom())) {
      long number = cold.write(LABEL, MemorySegment.ofArray(content));
      assertThat(new String(Files.readAllBytes(onlyFile()), StandardCharsets.ISO_8859_1))
          .doesNotContain("secret of the conversation");
      try (KvSnapshot read = cold.read(number, LABEL)) {
        assertThat(read.bytes().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
        assertThat(read.kvTokens()).isEqualTo(7);
        assertThat(read.fingerprint()).isEqualTo("print");
      }
      cold.delete(number);
      assertThat(files()).isEmpty();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatIsDamagedCutOffOrSomebodyElsesDoesNotOpen() throws Exception {
    try (ColdFiles cold = ColdFiles.open(folder, new SecureRandom())) {
      long number = cold.write(LABEL, MemorySegment.ofArray(content()));
      List<Label> others =
          List.of(
              new Label(SESSION, new TenantId("other"), "print", 7),
              new Label(SessionId.random(new Random(2)), new TenantId("acme"), "print", 7),
              new Label(SESSION, new TenantId("acme"), "another model", 7),
              new Label(SESSION, new TenantId("acme"), "print", 8));
      for (Label other : others) {
        assertThatThrownBy(() -> cold.read(number, other)).isInstanceOf(ColdStoreException.class);
      }
      byte[] sound = Files.readAllBytes(onlyFile());
      for (int length : List.of(0, 1, 16, 1 << 20, (1 << 20) + 16, sound.length - 1)) {
        Files.write(onlyFile(), Arrays.copyOf(sound, length));
        assertThatThrownBy(() -> cold.read(number, LABEL))
            .as("cut off to %d bytes", length)
            .isInstanceOf(ColdStoreException.class);
      }
      for (int at : List.of(0, 1 << 20, sound.length - 1)) {
        byte[] damaged = sound.clone();
        damaged[at] ^= 1;
        Files.write(onlyFile(), damaged);
        assertThatThrownBy(() -> cold.read(number, LABEL))
            .as("a bit at %d", at)
            .isInstanceOf(ColdStoreException.class);
      }
      Files.write(onlyFile(), sound);
      cold.read(number, LABEL).close();
    }
  }

  @Test
  void theNextStartDeletesWhatAKilledRunLeftAndNotWhatIsInUse() throws Exception {
    Path killed = Files.createDirectory(folder.resolve("run-0000000000000001"));
    Files.writeString(killed.resolve("lock"), "");
    Files.writeString(killed.resolve("0000000000000001.kv"), "left over");
    try (ColdFiles living = ColdFiles.open(folder, new SecureRandom())) {
      assertThat(killed).doesNotExist();
      long number = living.write(LABEL, MemorySegment.ofArray(content()));
      ColdFiles.open(folder, new SecureRandom()).close();
      living.read(number, LABEL).close();
    }
  }

  @Test
  void aPlaceThatIsNoFolderIsSaid() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> ColdFiles.open(file, new SecureRandom()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aFolderThatIsGoneFailsTheWriteOnly() throws Exception {
    try (ColdFiles cold = ColdFiles.open(folder, new SecureRandom())) {
      Path run = onlyRun();
      Files.move(run, folder.resolve("elsewhere"));
      assertThatThrownBy(() -> cold.write(LABEL, MemorySegment.ofArray(content())))
          .isInstanceOf(ColdStoreException.class)
          .hasMessageContaining("could not be written");
      Files.move(folder.resolve("elsewhere"), run);
    }
  }

  private static byte[] content() {
    byte[] content = new byte[MORE_THAN_TWO_BLOCKS];
    byte[] text = "secret of the conversation".getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(text, 0, content, 100, text.length);
    return content;
  }

  private Path onlyRun() throws IOException {
    try (Stream<Path> runs = Files.list(folder)) {
      return runs.findFirst().orElseThrow();
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(onlyRun())) {
      return files.filter(file -> file.toString().endsWith(".kv")).toList();
    }
  }

  private Path onlyFile() throws IOException {
    return files().getFirst();
  }
}
