package dev.hourglass.app.chat;

import dev.hourglass.app.chat.GatewayClient.AnswerEnd;
import dev.hourglass.app.chat.GatewayClient.Refused;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** A person's terminal: line editing, and a history that lasts as long as the program. */
final class LineEditor implements ChatTerminal {
  private static final String PROMPT = "› ";

  private final Terminal terminal;
  private final LineReader reader;

  private LineEditor(Terminal terminal) {
    this.terminal = terminal;
    this.reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            // "!" is an ordinary character in a conversation.
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
  }

  static LineEditor open() throws IOException {
    return new LineEditor(TerminalBuilder.builder().system(true).nativeSignals(true).build());
  }

  @Override
  public Optional<String> readLine() {
    while (true) {
      try {
        return Optional.of(reader.readLine(PROMPT));
      } catch (UserInterruptException cleared) {
        note("Ctrl-D or /quit leaves.");
      } catch (EndOfFileException end) {
        return Optional.empty();
      }
    }
  }

  @Override
  public void write(String text) {
    terminal.writer().print(text);
    terminal.flush();
  }

  @Override
  public void note(String line) {
    terminal
        .writer()
        .println(
            new AttributedStringBuilder()
                .style(AttributedStyle.DEFAULT.faint())
                .append(line)
                .toAnsi(terminal));
    terminal.flush();
  }

  @Override
  public AnswerEnd stoppable(Runnable stop, Reception reception)
      throws Refused, ExpectedFailure, InterruptedException {
    Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, _ -> stop.run());
    try {
      return reception.receive();
    } finally {
      terminal.handle(Terminal.Signal.INT, before);
    }
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
