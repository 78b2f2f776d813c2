package dev.hourglass.app.chat;

import dev.hourglass.app.chat.GatewayClient.AnswerEnd;
import dev.hourglass.app.chat.GatewayClient.Message;
import dev.hourglass.app.chat.GatewayClient.OpenedSession;
import dev.hourglass.app.chat.GatewayClient.Refused;
import dev.hourglass.app.chat.GatewayClient.SessionState;
import dev.hourglass.app.chat.SessionFile.Kept;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What happens between a user and a gateway, line by line. */
final class Conversation {
  private static final String HELP =
      """
      /new        begin a new session
      /sessions   the sessions that you hold
      /resume ID  go on with one of them; the first letters of its id do
      /quit       leave; the session stays
      """;

  private final String gateway;
  private final GatewayClient client;
  private final SessionFile sessions;
  private final ChatTerminal terminal;
  private final InstantSource clock;

  /** The session that the next line goes to; {@code null} until there is one. */
  private @Nullable Kept current;

  Conversation(
      String gateway,
      GatewayClient client,
      SessionFile sessions,
      ChatTerminal terminal,
      InstantSource clock) {
    this.gateway = gateway;
    this.client = client;
    this.sessions = sessions;
    this.terminal = terminal;
    this.clock = clock;
  }

  /**
   * Talks until the end of input.
   *
   * @return whether every line was answered
   */
  boolean run() throws ExpectedFailure, IOException, InterruptedException {
    boolean allAnswered = true;
    while (true) {
      Optional<String> line = terminal.readLine().map(String::strip);
      if (line.isEmpty() || line.get().equals("/quit")) {
        return allAnswered;
      }
      try {
        take(line.get());
      } catch (Refused refused) {
        allAnswered = false;
        complain(refused);
      }
    }
  }

  private void take(String line)
      throws Refused, ExpectedFailure, IOException, InterruptedException {
    if (line.isEmpty()) {
      return;
    }
    if (!line.startsWith("/")) {
      ask(line);
    } else if (line.equals("/new")) {
      begin();
    } else if (line.equals("/sessions")) {
      list();
    } else if (line.startsWith("/resume")) {
      resume(line.substring("/resume".length()).strip());
    } else if (line.equals("/help")) {
      terminal.write(HELP);
    } else {
      terminal.note(line + ": unknown (expected: /new, /sessions, /resume ID, /help or /quit)");
    }
  }

  private Kept begin() throws Refused, ExpectedFailure, IOException, InterruptedException {
    OpenedSession opened = client.createSession();
    Kept session = new Kept(gateway, opened.id(), opened.token(), clock.instant());
    sessions.add(session);
    current = session;
    terminal.note("session " + opened.id() + " with " + opened.model());
    return session;
  }

  private void ask(String text) throws Refused, ExpectedFailure, IOException, InterruptedException {
    Kept session = current == null ? begin() : current;
    GatewayClient.Answer answer = client.ask(session.token(), text);
    AnswerEnd end = terminal.stoppable(answer::stop, () -> answer.receive(terminal::write));
    terminal.write(System.lineSeparator());
    terminal.note(summary(end));
  }

  private static String summary(AnswerEnd end) {
    List<String> parts = new ArrayList<>();
    end.cost()
        .ifPresent(cost -> {
          parts.add(cost.cachedTokens() + " tokens cached");
          parts.add((cost.promptTokens() - cost.cachedTokens()) + " computed");
          parts.add(cost.answerTokens() + " answered");
        });
    end.timeToFirstText().ifPresent(time -> parts.add("first after " + time.toMillis() + " ms"));
    if (end.finishReason().isEmpty()) {
      parts.add("stopped");
    } else if (end.finishReason().get().equals("length")) {
      parts.add("cut at the limit");
    }
    return String.join(" · ", parts);
  }

  private void complain(Refused refused) throws IOException {
    terminal.note(String.valueOf(refused.getMessage()));
    if (refused.isOverForTheSession() && current != null) {
      sessions.remove(current.id());
      current = null;
      terminal.note("That session is over; the next line begins a new one.");
    }
  }

  private void list() throws ExpectedFailure, IOException, InterruptedException {
    List<Kept> held = held();
    if (held.isEmpty()) {
      terminal.note("No sessions yet.");
    }
    for (Kept session : held) {
      terminal.write(
          "%s %s  %s  %s%n"
              .formatted(
                  session.equals(current) ? "*" : " ",
                  session.id(),
                  session.createdAt().truncatedTo(ChronoUnit.MINUTES),
                  state(session)));
    }
  }

  private String state(Kept session) throws ExpectedFailure, InterruptedException {
    try {
      SessionState state = client.session(session.id(), session.token());
      return "%s, %s, %d turns, %d KV tokens"
          .formatted(state.state(), state.residency(), state.turns(), state.kvTokens());
    } catch (Refused over) {
      return "over";
    }
  }

  private void resume(String id)
      throws Refused, ExpectedFailure, IOException, InterruptedException {
    List<Kept> matches =
        held().stream().filter(session -> !id.isEmpty() && isMeant(id, session.id())).toList();
    if (matches.size() != 1) {
      terminal.note(
          "/resume %s: %d sessions match (expected: one; see /sessions)"
              .formatted(id, matches.size()));
      return;
    }
    current = matches.getFirst();
    for (Message message : client.messages(current.id(), current.token())) {
      terminal.note((message.role().equals("user") ? "› " : "  ") + message.content());
    }
    terminal.note("session " + current.id() + " goes on");
  }

  /** Ids begin alike, so their beginning may be left out. */
  private static boolean isMeant(String written, String id) {
    return id.startsWith(written) || id.substring(id.indexOf('_') + 1).startsWith(written);
  }

  private List<Kept> held() throws IOException {
    return sessions.all().stream().filter(session -> session.gateway().equals(gateway)).toList();
  }
}
