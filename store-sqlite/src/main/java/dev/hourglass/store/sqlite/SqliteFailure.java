package dev.hourglass.store.sqlite;

import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.store.sqlite.Schema.UnfitSchemaException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * What a failure of SQLite means to whoever runs the gateway.
 *
 * <p>Of a chain of exceptions only the one of SQLite goes on as the cause: it names a result code
 * and never the values of a statement, which are messages of people.
 */
final class SqliteFailure {
  /** Extended result codes carry their primary code in the lowest byte. */
  private static final int PRIMARY_CODE = 0xff;

  private SqliteFailure() {}

  static SessionStoreException of(Path file, String action, Exception failure) {
    SQLException cause = sqlException(failure);
    if (cause != null) {
      return new SessionStoreException(message(file, action, meaning(cause)), cause);
    }
    String meaning =
        failure instanceof UnfitSchemaException unfit
            ? unfit.meaning()
            : "it holds what this version cannot read";
    return new SessionStoreException(message(file, action, meaning), failure);
  }

  /** The failure of a call that never reached SQLite. */
  static SessionStoreException of(Path file, String action, String meaning, Exception cause) {
    return new SessionStoreException(message(file, action, meaning), cause);
  }

  private static String message(Path file, String action, String meaning) {
    return "session store %s: cannot %s: %s".formatted(file, action, meaning);
  }

  private static String meaning(SQLException failure) {
    return switch (primaryCode(failure)) {
      case SQLITE_FULL -> "the disk is full";
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          "the file is damaged or not a database; restore a backup, or move it away to begin anew";
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH ->
          "the file or its folder cannot be written by this user";
      case SQLITE_BUSY, SQLITE_LOCKED -> "another program holds the file";
      case SQLITE_IOERR -> "reading or writing the medium failed";
      case SQLITE_TOOBIG -> "a message is larger than SQLite can hold";
      default -> "SQLite refused";
    };
  }

  private static SQLiteErrorCode primaryCode(SQLException failure) {
    return failure instanceof SQLiteException coded
        ? SQLiteErrorCode.getErrorCode(coded.getResultCode().code & PRIMARY_CODE)
        : SQLiteErrorCode.UNKNOWN_ERROR;
  }

  private static @Nullable SQLException sqlException(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException found) {
        return found;
      }
    }
    return null;
  }
}
