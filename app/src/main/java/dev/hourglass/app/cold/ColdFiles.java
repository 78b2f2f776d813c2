package dev.hourglass.app.cold;

import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.residency.ColdStore;
import dev.hourglass.core.residency.ColdStoreException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.LoggerFactory;

/**
 * Snapshots as files, encrypted with a key that this run draws and never writes down. So they are
 * worthless to whoever finds them, and to the next run too, which deletes what a killed one left.
 *
 * <p>A file is a row of AES-256-GCM blocks. What they authenticate beside their bytes is the label,
 * the file's number, the block's place and the whole length: a file that is damaged, cut off or
 * somebody else's does not open.
 */
public final class ColdFiles implements ColdStore {
  private static final int BLOCK_BYTES = 1 << 20;
  private static final int TAG_BYTES = 16;
  private static final int KEY_BYTES = 32;
  private static final String RUN_PREFIX = "run-";

  private final Path folder;
  private final FileChannel lockFile;
  private final SecretKey key;
  private long lastNumber;

  private ColdFiles(Path folder, FileChannel lockFile, SecretKey key) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.key = key;
  }

  /** Opens a folder of this run's own below {@code parent}, and deletes those of killed runs. */
  public static ColdFiles open(Path parent, SecureRandom random) throws IOException {
    Files.createDirectories(parent);
    deleteAbandoned(parent);
    byte[] name = new byte[8];
    random.nextBytes(name);
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    Path folder =
        Files.createDirectory(
            parent.resolve(RUN_PREFIX + HexFormat.of().formatHex(name)), ownerOnly("rwx------"));
    FileChannel lockFile = lockFile(folder);
    FileLock lock = lockFile.tryLock();
    if (lock == null) {
      throw new IOException(folder + ": locked by somebody else");
    }
    return new ColdFiles(folder, lockFile, new SecretKeySpec(key, "AES"));
  }

  private static FileChannel lockFile(Path folder) throws IOException {
    return FileChannel.open(
        folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** A run that lives holds its lock; the system frees the lock of one that was killed. */
  private static void deleteAbandoned(Path parent) throws IOException {
    List<Path> runs;
    try (Stream<Path> entries = Files.list(parent)) {
      runs =
          entries
              .filter(entry -> String.valueOf(entry.getFileName()).startsWith(RUN_PREFIX))
              .toList();
    }
    for (Path run : runs) {
      try (FileChannel channel = lockFile(run);
          FileLock lock = channel.tryLock()) {
        if (lock != null) {
          deleteFolder(run);
        }
      } catch (OverlappingFileLockException ours) {
        // A run of this very process, which is not over.
      }
    }
  }

  private static void deleteFolder(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static FileAttribute<?>[] ownerOnly(String permissions) {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  @Override
  public long write(Label label, MemorySegment bytes) throws ColdStoreException {
    long number = ++lastNumber;
    Path file = file(number);
    ByteBuffer sealed = ByteBuffer.allocate(BLOCK_BYTES + TAG_BYTES);
    try {
      Files.createFile(file, ownerOnly("rw-------"));
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        long length = bytes.byteSize();
        for (long at = 0; at < length; at += BLOCK_BYTES) {
          ByteBuffer block = bytes.asSlice(at, Math.min(BLOCK_BYTES, length - at)).asByteBuffer();
          sealed.clear();
          cipher(Cipher.ENCRYPT_MODE, label, number, at, length).doFinal(block, sealed);
          sealed.flip();
          while (sealed.hasRemaining()) {
            channel.write(sealed);
          }
        }
      }
      return number;
    } catch (IOException | GeneralSecurityException failure) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException stays) {
        failure.addSuppressed(stays);
      }
      throw new ColdStoreException("a snapshot could not be written: " + failure, failure);
    }
  }

  @Override
  public KvSnapshot read(long number, Label label) throws ColdStoreException {
    Arena arena = Arena.ofShared();
    boolean whole = false;
    try (FileChannel channel = FileChannel.open(file(number), StandardOpenOption.READ)) {
      long size = channel.size();
      long sealedBlock = BLOCK_BYTES + TAG_BYTES;
      long blocks = (size + sealedBlock - 1) / sealedBlock;
      long length = size - blocks * TAG_BYTES;
      if (length <= 0) {
        throw new ColdStoreException("a snapshot is cut off: " + size + " bytes");
      }
      MemorySegment bytes = arena.allocate(length);
      ByteBuffer sealed = ByteBuffer.allocate(BLOCK_BYTES + TAG_BYTES);
      for (long at = 0; at < length; at += BLOCK_BYTES) {
        sealed.clear();
        while (sealed.hasRemaining() && channel.read(sealed) >= 0) {}
        sealed.flip();
        ByteBuffer block = bytes.asSlice(at, Math.min(BLOCK_BYTES, length - at)).asByteBuffer();
        cipher(Cipher.DECRYPT_MODE, label, number, at, length).doFinal(sealed, block);
      }
      whole = true;
      return new Thawed(arena, bytes, label.fingerprint(), label.kvTokens());
    } catch (IOException | GeneralSecurityException | OutOfMemoryError failure) {
      throw new ColdStoreException("a snapshot could not be read: " + failure, failure);
    } finally {
      if (!whole) {
        arena.close();
      }
    }
  }

  private Cipher cipher(int mode, Label label, long number, long at, long length)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    // A number is given once in a run and each run has its own key, so no nonce comes twice.
    byte[] nonce = ByteBuffer.allocate(12).putLong(number).putInt((int) (at / BLOCK_BYTES)).array();
    cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * 8, nonce));
    String owner =
        String.join("\n", label.session().value(), label.tenant().value(), label.fingerprint());
    cipher.updateAAD(owner.getBytes(StandardCharsets.UTF_8));
    cipher.updateAAD(ByteBuffer.allocate(12).putInt(label.kvTokens()).putLong(length).flip());
    return cipher;
  }

  @Override
  public void delete(long number) throws ColdStoreException {
    try {
      Files.deleteIfExists(file(number));
    } catch (IOException failure) {
      throw new ColdStoreException("a snapshot could not be deleted: " + failure, failure);
    }
  }

  private Path file(long number) {
    return folder.resolve("%016x.kv".formatted(number));
  }

  @Override
  public void close() {
    try {
      deleteFolder(folder);
      lockFile.close();
    } catch (IOException stays) {
      LoggerFactory.getLogger(ColdFiles.class)
          .warn("{} could not be deleted; the next start will", folder, stays);
    }
  }

  /** A snapshot that was read back. */
  private record Thawed(Arena arena, MemorySegment bytes, String fingerprint, int kvTokens)
      implements KvSnapshot {
    @Override
    public void close() {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}
