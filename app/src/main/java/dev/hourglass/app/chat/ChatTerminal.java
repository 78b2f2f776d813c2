package dev.hourglass.app.chat;

import dev.hourglass.app.chat.GatewayClient.AnswerEnd;
import dev.hourglass.app.chat.GatewayClient.Refused;
import dev.hourglass.app.host.ExpectedFailure;
import java.util.Optional;

/** Where a chat reads what the user types, and writes answers. */
interface ChatTerminal extends AutoCloseable {
  /** The next line; empty at the end of input. */
  Optional<String> readLine();

  /** Writes a piece of text and shows it at once. */
  void write(String text);

  /** Writes a line that is less important than an answer. */
  void note(String line);

  /** Receives an answer; a Ctrl-C meanwhile runs {@code stop} and does not end the program. */
  AnswerEnd stoppable(Runnable stop, Reception reception)
      throws Refused, ExpectedFailure, InterruptedException;

  /** The receiving of an answer. */
  @FunctionalInterface
  interface Reception {
    AnswerEnd receive() throws Refused, ExpectedFailure, InterruptedException;
  }

  @Override
  void close();
}
