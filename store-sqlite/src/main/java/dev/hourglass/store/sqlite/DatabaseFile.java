package dev.hourglass.store.sqlite;

import dev.hourglass.core.session.SessionStoreException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.Pragma;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteConfig.TempStore;

/**
 * The file that a store lives in, private from the moment it exists.
 *
 * <p>The file is created with mode 0600 before SQLite sees it, and SQLite gives its {@code -wal}
 * and {@code -shm} companions the mode of the main file. Folders that are missing are created with
 * mode 0700; a folder that is there belongs to somebody and stays as it is.
 */
final class DatabaseFile {
  private static final Set<PosixFilePermission> PRIVATE_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> PRIVATE_FOLDER =
      PosixFilePermissions.fromString("rwx------");

  private final Path path;
  private final SqliteSettings settings;

  private DatabaseFile(Path path, SqliteSettings settings) {
    this.path = path;
    this.settings = settings;
  }

  /** Creates the file, or makes an existing one private. */
  static DatabaseFile prepare(SqliteSettings settings) {
    Path asked = settings.path().toAbsolutePath();
    try {
      createFolder(asked);
      create(asked);
      // Two names of one file must meet at one lock.
      Path path = asked.toRealPath();
      if (!Files.isRegularFile(path)) {
        throw new IOException("not a regular file");
      }
      if (!Files.isWritable(path)) {
        // SQLite would open it all the same, and fail at the first write.
        throw new AccessDeniedException(path.toString(), null, "read-only");
      }
      DatabaseFile file = new DatabaseFile(path, settings);
      create(file.lockPath());
      for (String suffix : new String[] {"", "-wal", "-shm", ".lock"}) {
        makePrivate(file.companion(suffix));
      }
      return file;
    } catch (IOException failure) {
      throw new SessionStoreException(
          "session store "
              + asked
              + ": cannot be opened or created (expected: a file in a folder that this user may"
              + " write to): "
              + failure,
          failure);
    }
  }

  private static void createFolder(Path file) throws IOException {
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder, withMode(folder, PRIVATE_FOLDER));
    }
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file, withMode(file, PRIVATE_FILE));
    } catch (FileAlreadyExistsException _) {
      // It is made private below.
    }
  }

  /** Takes away what others may do; a file that its owner made read-only stays so. */
  private static void makePrivate(Path file) throws IOException {
    if (hasPosixModes(file) && Files.exists(file)) {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
      if (mode.retainAll(PRIVATE_FILE)) {
        Files.setPosixFilePermissions(file, mode);
      }
    }
  }

  private static FileAttribute<?>[] withMode(Path file, Set<PosixFilePermission> mode) {
    return hasPosixModes(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)}
        : new FileAttribute<?>[0];
  }

  private static boolean hasPosixModes(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  Path path() {
    return path;
  }

  private Path lockPath() {
    return companion(".lock");
  }

  private Path companion(String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }

  /** The connection that writes. */
  Connection openWriter() throws SQLException {
    SQLiteConfig config = config();
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(SynchronousMode.valueOf(settings.synchronous().name()));
    config.enforceForeignKeys(true);
    // Deleted text is overwritten with zeros, not just unlinked.
    config.setPragma(Pragma.SECURE_DELETE, "ON");
    return connect(path, config);
  }

  /** A connection that only reads. */
  Connection openReader() throws SQLException {
    SQLiteConfig config = config();
    config.setReadOnly(true);
    return connect(path, config);
  }

  /**
   * Keeps every other process, and every other store of this one, away from the file until the
   * connection is closed or the process ends.
   *
   * <p>The lock is SQLite's own, on a file beside the database: a lock of {@code java.nio} would be
   * lost when anything else in this process opened and closed the same file.
   */
  Connection lock() throws SQLException {
    SQLiteConfig config = config();
    config.setBusyTimeout(0);
    config.setJournalMode(JournalMode.MEMORY);
    Connection lock = connect(lockPath(), config);
    try (Statement statement = lock.createStatement()) {
      statement.execute("BEGIN EXCLUSIVE");
      return lock;
    } catch (SQLException taken) {
      lock.close();
      throw taken;
    }
  }

  private SQLiteConfig config() {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(Math.toIntExact(settings.busyTimeout().toMillis()));
    // Sorting must not leave messages in a temporary folder.
    config.setTempStore(TempStore.MEMORY);
    return config;
  }

  private static Connection connect(Path file, SQLiteConfig config) throws SQLException {
    // As a URI, since the driver would take a question mark in a plain path for its own.
    return JDBC.createConnection(JDBC.PREFIX + file.toUri().toASCIIString(), config.toProperties());
  }
}
