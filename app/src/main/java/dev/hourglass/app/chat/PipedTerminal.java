package dev.hourglass.app.chat;

import dev.hourglass.app.chat.GatewayClient.AnswerEnd;
import dev.hourglass.app.chat.GatewayClient.Refused;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Standard input and output without a person: no prompt, no colours, Ctrl-C ends the program. */
final class PipedTerminal implements ChatTerminal {
  private final BufferedReader in;
  private final PrintStream out;

  PipedTerminal(InputStream in, PrintStream out) {
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.out = out;
  }

  @Override
  public Optional<String> readLine() {
    try {
      return Optional.ofNullable(in.readLine());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  @Override
  public void write(String text) {
    out.print(text);
    out.flush();
  }

  @Override
  public void note(String line) {
    out.println(line);
  }

  @Override
  public AnswerEnd stoppable(Runnable stop, Reception reception)
      throws Refused, ExpectedFailure, InterruptedException {
    return reception.receive();
  }

  @Override
  public void close() {
    out.flush();
  }
}
