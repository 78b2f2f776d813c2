package dev.hourglass.app.replay;

import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.admission.ReplayAdmissionCommand;
import dev.hourglass.app.replay.forecast.ReplayForecastCommand;
import dev.hourglass.app.replay.retention.ReplayRetentionCommand;
import dev.hourglass.app.replay.routing.ReplayRoutingCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code hourglass replay}: one subcommand for each part that a trace can judge. */
@Command(
    name = "replay",
    description = "Run a real trace through a part of Hourglass, and judge it.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class ReplayCommand {
  private ReplayCommand() {}

  public static CommandLine commandLine(Surroundings surroundings) {
    return new CommandLine(new ReplayCommand())
        .addSubcommand(new ReplayAdmissionCommand(surroundings))
        .addSubcommand(new ReplayForecastCommand(surroundings))
        .addSubcommand(new ReplayRetentionCommand(surroundings))
        .addSubcommand(new ReplayRoutingCommand(surroundings));
  }
}
