package dev.hourglass.app.reserve;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.GatewayAddress;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.reserve.ReservationClient.Reply;
import dev.hourglass.app.reserve.ReservationClient.Wanted;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** {@code hourglass reserve}: room for sessions, booked from the terminal. */
@Command(
    name = "reserve",
    description = {
      "Reserve room for sessions on a running gateway: held and confirmed in one go.",
      "",
      "  hourglass reserve --from 14:00 --for 1h --sessions 4 --name demo",
      "  hourglass reserve list",
      "  hourglass reserve cancel demo",
      ""
    },
    footer = {
      "",
      "Times without an offset are those of this machine's zone.",
      "An API key is read from HOURGLASS_API_KEY."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "[COMMAND]")
public final class ReserveCommand implements Callable<Integer> {
  private static final Set<String> LIVE = Set.of("held", "confirmed", "active");

  private final Surroundings surroundings;
  private final InstantSource clock;
  private final ZoneId zone;

  @Option(
      names = "--url",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description =
          "Address of the gateway (default: HOURGLASS_URL, or " + GatewayAddress.DEFAULT + ").")
  private @Nullable String url;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "When it begins: " + LocalMoment.EXPECTATION + " (default: ${DEFAULT-VALUE}).")
  private String from = "now";

  @Option(names = "--until", paramLabel = "TIME", description = "When it ends.")
  private @Nullable String until;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description = "How long it lasts, instead of --until: 90s, 30m, 2h, 1d.")
  private @Nullable String length;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "1",
      description = "Sessions at once (default: ${DEFAULT-VALUE}).")
  private int sessions = 1;

  @Option(names = "--name", paramLabel = "ID", description = "Its name; drawn where none is given.")
  private @Nullable String name;

  @Option(names = "--model", paramLabel = "MODEL", description = "The model (default: the first).")
  private @Nullable String model;

  @Option(
      names = "--earliest",
      description = "Where others have reserved that, take the earliest window that is free.")
  private boolean earliest;

  /**
   * Creates the command.
   *
   * @param zone the one that times without an offset mean
   */
  public ReserveCommand(Surroundings surroundings, InstantSource clock, ZoneId zone) {
    this.surroundings = surroundings;
    this.clock = clock;
    this.zone = zone;
  }

  @Override
  public Integer call() throws ExpectedFailure, InterruptedException {
    LocalMoment here = here();
    Instant start = here.read("--from", from);
    Wanted wanted = new Wanted(name, model, start, end(here, start), sessions);
    return with(client -> reserve(client, wanted));
  }

  private LocalMoment here() {
    return new LocalMoment(zone, clock.instant());
  }

  private Instant end(LocalMoment here, Instant start) throws ExpectedFailure {
    if (length != null && until == null) {
      return start.plus(LocalMoment.length("--for", length));
    }
    if (until == null || length != null) {
      throw new ExpectedFailure("one of --until and --for is needed (expected: such as --for 1h)");
    }
    return here.read("--until", until);
  }

  private int reserve(ReservationClient client, Wanted wanted)
      throws IOException, ExpectedFailure, InterruptedException {
    Reply held = client.hold(wanted);
    Optional<Instant> free = held.earliestStart();
    if (held.status() == 409 && free.isPresent()) {
      Instant freeEnd = free.get().plus(Duration.between(wanted.start(), wanted.end()));
      if (!earliest) {
        throw new ExpectedFailure(
            "others have reserved that; the same fits %s (take it with --earliest)"
                .formatted(here().window(free.get(), freeEnd)));
      }
      held =
          client.hold(
              new Wanted(wanted.id(), wanted.model(), free.get(), freeEnd, wanted.sessions()));
    }
    Reply confirmed = client.confirm(require(held).text("reservation_id"));
    show(require(confirmed));
    return 0;
  }

  private void show(Reply confirmed) {
    String id = confirmed.text("reservation_id");
    say(
        "%s is reserved: %d %s of %s, %s (%s)"
            .formatted(
                id,
                confirmed.json().path("sessions").asInt(),
                confirmed.json().path("sessions").asInt() == 1 ? "session" : "sessions",
                confirmed.text("model"),
                here().window(confirmed.time("start"), confirmed.time("end")),
                zone.getId()));
    say("  use it     send the header X-Reservation: " + id + " with a request");
    say(
        "  first use  by "
            + here().text(confirmed.time("status_ends_at"))
            + ", or it is free again");
    say("  give back  ./hourglass reserve cancel " + id);
  }

  @Command(name = "list", description = "Shows your reservations.", mixinStandardHelpOptions = true)
  int list(@Option(names = "--all", description = "Ended ones too.") boolean all)
      throws ExpectedFailure, InterruptedException {
    return with(client -> {
      int shown = 0;
      for (JsonNode data : require(client.list()).json().path("data")) {
        Reply one = new Reply(200, data);
        if (all || LIVE.contains(one.text("status"))) {
          say(
              String.format(
                  Locale.ROOT,
                  "%-28s %-10s %4d  %s%s",
                  one.text("reservation_id"),
                  one.text("status"),
                  data.path("sessions").asInt(),
                  here().window(one.time("start"), one.time("end")),
                  note(data)));
          shown++;
        }
      }
      if (shown == 0) {
        say("nothing is reserved");
      }
      return 0;
    });
  }

  private static String note(JsonNode reservation) {
    int missing = reservation.path("missing_sessions").asInt();
    return missing == 0 ? "" : "  (" + missing + " short: the pool became smaller)";
  }

  @Command(
      name = "cancel",
      description = "Gives back what is left of a reservation.",
      mixinStandardHelpOptions = true)
  int cancel(@Parameters(paramLabel = "ID", description = "Its name.") String id)
      throws ExpectedFailure, InterruptedException {
    if (!id.matches("[A-Za-z0-9._-]{1,64}")) {
      throw new ExpectedFailure("ID: " + id + " (expected: the name of a reservation)");
    }
    return with(client -> {
      say(id + " is " + require(client.release(id)).text("status"));
      return 0;
    });
  }

  // --- what they have in common ----------------------------------------------------------------

  private interface Work {
    int with(ReservationClient client) throws IOException, ExpectedFailure, InterruptedException;
  }

  private int with(Work work) throws ExpectedFailure, InterruptedException {
    URI address = GatewayAddress.of(url, surroundings);
    try (ReservationClient client =
        new ReservationClient(address, surroundings.variable("HOURGLASS_API_KEY").orElse(null))) {
      return work.with(client);
    } catch (ConnectException nobody) {
      throw new ExpectedFailure(
          "no gateway answers at "
              + address
              + ": start one with ./hourglass serve, or name another with --url",
          nobody);
    } catch (IOException broken) {
      throw new ExpectedFailure(address + ": " + broken.getMessage(), broken);
    }
  }

  private static Reply require(Reply reply) throws ExpectedFailure {
    if (!reply.ok()) {
      throw new ExpectedFailure(reply.reason());
    }
    return reply;
  }

  private void say(String line) {
    surroundings.out().println(line);
  }
}
