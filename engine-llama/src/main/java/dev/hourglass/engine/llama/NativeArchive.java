package dev.hourglass.engine.llama;

import dev.hourglass.core.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The native libraries inside the binding's jar, one for each platform.
 *
 * <p>A library is unpacked once into a private cache folder, under a name that holds its digest,
 * and moved into place in one step: two processes that start together both find a whole file. A
 * file that is there already is compared by digest, so a damaged or foreign one is replaced.
 */
final class NativeArchive {
  private static final String ROOT = "/de/kherud/llama/";

  private final Path cacheFolder;

  NativeArchive(Path cacheFolder) {
    this.cacheFolder = cacheFolder;
  }

  /** The library for this machine, unpacked. */
  Path library() throws EngineUnavailableException {
    String os = System.getProperty("os.name", "");
    String arch = System.getProperty("os.arch", "");
    return library(resource(os, arch));
  }

  static String resource(String osName, String osArch) throws EngineUnavailableException {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch =
        switch (osArch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64", "x86-64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> "";
        };
    if (!arch.isEmpty()) {
      if (os.contains("linux")) {
        return ROOT + "Linux/" + arch + "/libjllama.so";
      }
      if (os.contains("mac")) {
        return ROOT + "Mac/" + arch + "/libjllama.dylib";
      }
      if (os.contains("windows") && arch.equals("x86_64")) {
        return ROOT + "Windows/x86_64/jllama.dll";
      }
    }
    throw new EngineUnavailableException(
        "no native library for "
            + osName
            + " on "
            + osArch
            + " (there is one for Linux and macOS on x86_64 and aarch64, and for Windows on x86_64)");
  }

  private Path library(String resource) throws EngineUnavailableException {
    requireVectorInstructions();
    byte[] bytes;
    try (InputStream in = NativeArchive.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new EngineUnavailableException(
            "native library " + resource + " is not on the class path (de.kherud:llama)");
      }
      bytes = in.readAllBytes();
    } catch (IOException failure) {
      throw new EngineUnavailableException(
          "native library " + resource + " is unreadable: " + failure.getMessage(), failure);
    }
    byte[] digest = Sha256.of(bytes);
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    Path file =
        cacheFolder
            .resolve("llama-" + LlamaLibrary.BUILD + "-" + HexFormat.of().formatHex(digest, 0, 8))
            .resolve(name);
    try {
      if (!Files.isRegularFile(file)
          || !MessageDigest.isEqual(digest, Sha256.of(Files.readAllBytes(file)))) {
        unpack(bytes, file);
      }
      return file;
    } catch (IOException failure) {
      throw new EngineUnavailableException(
          "native library cannot be unpacked to " + file + ": " + failure, failure);
    }
  }

  private static void unpack(byte[] bytes, Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("no folder: " + file);
    }
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    Files.createDirectories(folder);
    if (posix) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
    Path partial = Files.createTempFile(folder, ".unpacking", ".part");
    try {
      Files.write(partial, bytes);
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** An x86 processor without AVX2 would meet an illegal instruction, which ends the JVM. */
  private static void requireVectorInstructions() throws EngineUnavailableException {
    Path cpu = Path.of("/proc/cpuinfo");
    if (!System.getProperty("os.arch", "").equals("amd64") || !Files.isReadable(cpu)) {
      return;
    }
    try (var lines = Files.lines(cpu)) {
      String flags = lines.filter(line -> line.startsWith("flags")).findFirst().orElse("") + " ";
      for (String needed : new String[] {" avx2 ", " fma ", " f16c "}) {
        if (flags.length() > 1 && !flags.contains(needed)) {
          throw new EngineUnavailableException(
              "this processor lacks"
                  + needed
                  + "instructions (the embedded engine needs avx2, fma and f16c)");
        }
      }
    } catch (IOException unreadable) {
      // Where the processor cannot be asked, loading the library will tell.
    }
  }
}
