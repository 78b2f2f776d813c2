package dev.hourglass.store.sqlite;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.slf4j.LoggerFactory;

/**
 * The tables that this version works with.
 *
 * <p>The migrations stand in {@code migration/}; the last one sets SQLite's {@code user_version} to
 * {@link #VERSION}. A start finds the schema current by reading that number, and loads Flyway only
 * where it is not: some hundred milliseconds that most starts do not pay.
 */
final class Schema {
  static final int VERSION = 2;

  private static final org.slf4j.Logger log = LoggerFactory.getLogger(Schema.class);

  private Schema() {}

  /**
   * Migrates the database to {@link #VERSION} where it is older.
   *
   * @throws UnfitSchemaException if the database is of another program or of a later version
   */
  static void bringUpToDate(DatabaseFile file, Handle writer) {
    int found = version(writer);
    if (found > VERSION) {
      throw new UnfitSchemaException(
          "a later version of Hourglass has written it; schema version: %d (expected: <= %d)"
              .formatted(found, VERSION));
    }
    if (found == 0 && isOfAnotherProgram(writer)) {
      throw new UnfitSchemaException("it is a database, but not one of Hourglass");
    }
    if (found < VERSION) {
      migrate(file);
      log.info("session store {}: schema is now at version {}", file.path(), version(writer));
    }
  }

  static int version(Handle handle) {
    return handle.createQuery("PRAGMA user_version").mapTo(int.class).one();
  }

  /** A first start that was killed has left the migrations' own table at most. */
  private static boolean isOfAnotherProgram(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM sqlite_schema)
              AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'flyway_schema_history')
            """)
        .mapTo(boolean.class)
        .one();
  }

  private static void migrate(DatabaseFile file) {
    Flyway.configure(Schema.class.getClassLoader())
        .dataSource(new WriterSource(file))
        .locations("classpath:dev/hourglass/store/sqlite/migration")
        .loggers("slf4j")
        .load()
        .migrate();
  }

  /** The database holds other tables than this version can work with. */
  static final class UnfitSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String meaning;

    UnfitSchemaException(String meaning) {
      super(meaning);
      this.meaning = meaning;
    }

    String meaning() {
      return meaning;
    }
  }

  /** What Flyway asks connections of. */
  private record WriterSource(DatabaseFile file) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      return file.openWriter();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public PrintWriter getLogWriter() throws SQLException {
      throw new SQLFeatureNotSupportedException("logs through SLF4J");
    }

    @Override
    public void setLogWriter(PrintWriter writer) {}

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
      throw new SQLFeatureNotSupportedException("logs through SLF4J");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
