package dev.hourglass.app.chat;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.GatewayAddress;
import dev.hourglass.app.host.Surroundings;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass chat}: a conversation in the terminal. */
@Command(
    name = "chat",
    description = "Talk to a running gateway in the terminal.",
    footer = {
      "",
      "In the chat: /new, /sessions, /resume ID, /help, /quit. Ctrl-C stops an answer.",
      "An API key is read from HOURGLASS_API_KEY."
    },
    mixinStandardHelpOptions = true)
public final class ChatCommand implements Callable<Integer> {
  private final Surroundings surroundings;
  private final InstantSource clock;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Address of the gateway (default: HOURGLASS_URL, or " + GatewayAddress.DEFAULT + ").")
  private @Nullable String url;

  public ChatCommand(Surroundings surroundings, InstantSource clock) {
    this.surroundings = surroundings;
    this.clock = clock;
  }

  @Override
  public Integer call() throws ExpectedFailure, IOException, InterruptedException {
    URI address = GatewayAddress.of(url, surroundings);
    SessionFile sessions = new SessionFile(surroundings.folders().state().resolve("sessions.json"));
    try (GatewayClient client =
            new GatewayClient(
                address,
                surroundings.variable("HOURGLASS_API_KEY").orElse(null),
                System::nanoTime);
        ChatTerminal terminal = terminal()) {
      client.requireReady();
      if (surroundings.terminal()) {
        terminal.note("Hourglass at " + address + "; /help tells more.");
      }
      return new Conversation(address.toString(), client, sessions, terminal, clock).run() ? 0 : 1;
    }
  }

  private ChatTerminal terminal() throws IOException {
    return surroundings.terminal()
        ? LineEditor.open()
        : new PipedTerminal(surroundings.in(), surroundings.out());
  }
}
