package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.ALICE;
import static dev.hourglass.store.sqlite.Samples.BOB;
import static dev.hourglass.store.sqlite.Samples.open;
import static dev.hourglass.store.sqlite.Samples.session;
import static dev.hourglass.store.sqlite.Samples.turn;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TurnRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed while it writes; whatever it was told is committed must be there. */
class KilledProcessTest {
  private static final int ROUNDS = 3;
  private static final int TURNS_EACH_ROUND = 200;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Test
  @Timeout(120)
  void everyCommittedTurnSurvives() throws Exception {
    Path file = folder.resolve("sessions.db");
    try (SqliteSessionStore store = open(file)) {
      store.create(session(ALICE), List.of());
    }
    for (int round = 1; round <= ROUNDS; round++) {
      int lastTold = killAfter(file, round * TURNS_EACH_ROUND);

      try (SqliteSessionStore store = open(file)) {
        List<TurnRecord> turns = store.turns(ALICE);
        // One more may have been committed before it could be told.
        assertThat(turns.size()).isBetween(lastTold, lastTold + 1);
        assertThat(turns)
            .isEqualTo(
                IntStream.rangeClosed(1, turns.size()).mapToObj(Appender::numbered).toList());
        assertThat(store.sessions())
            .singleElement()
            .extracting(SessionRecord::turns)
            .isEqualTo(turns.size());
      }
    }
  }

  @Test
  @Timeout(60)
  void anotherProcessIsKeptAwayUntilTheFirstIsDead() throws Exception {
    Path file = folder.resolve("sessions.db");
    try (SqliteSessionStore store = open(file)) {
      store.create(session(ALICE), List.of());
    }
    Process appender = start(file);
    try {
      assertThat(appender.inputReader(UTF_8).readLine()).isEqualTo("1");

      assertThatThrownBy(() -> open(file))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("another gateway uses it");
    } finally {
      kill(appender);
    }
    try (SqliteSessionStore store = open(file)) {
      store.create(session(BOB), List.of());
    }
  }

  /** Returns the last number that the process told before it died. */
  private static int killAfter(Path file, int turn) throws IOException, InterruptedException {
    Process appender = start(file);
    int told = 0;
    try (BufferedReader output = appender.inputReader(UTF_8)) {
      while (told < turn) {
        told = Integer.parseInt(requireLine(output.readLine(), told));
      }
      // The handle's way leaves the pipe open, unlike the process's own.
      appender.toHandle().destroyForcibly();
      // What the process told before the signal reached it counts too.
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        told = Integer.parseInt(line);
      }
    } finally {
      kill(appender);
    }
    return told;
  }

  private static String requireLine(@Nullable String line, int told) {
    if (line == null) {
      throw new AssertionError("the process ended by itself after turn " + told);
    }
    return line;
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private static Process start(Path file) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            file.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The process that is killed: appends turns for ever and tells the number of each. */
  static final class Appender {
    private Appender() {}

    public static void main(String[] arguments) {
      SqliteSessionStore store = open(Path.of(arguments[0]));
      for (int number = store.turns(ALICE).size() + 1; ; number++) {
        store.append(numbered(number));
        // A whole line in one write, so that a kill cannot cut it.
        byte[] line = (number + "\n").getBytes(UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
      }
    }

    static TurnRecord numbered(int number) {
      return turn(ALICE, number, "question " + number, ("answer " + number + " ").repeat(50));
    }
  }
}
