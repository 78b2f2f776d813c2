package dev.hourglass.app;

import dev.hourglass.app.chat.ChatCommand;
import dev.hourglass.app.config.ConfigException;
import dev.hourglass.app.config.KeyCommand;
import dev.hourglass.app.doctor.DoctorCommand;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelUnavailableException;
import dev.hourglass.app.replay.ReplayCommand;
import dev.hourglass.app.reserve.ReserveCommand;
import dev.hourglass.app.status.StatusCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneId;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: one subcommand for each thing that Hourglass does. */
@Command(
    name = "hourglass",
    description = "A session-aware inference gateway.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class HourglassCommand {
  private HourglassCommand() {}

  static CommandLine commandLine(Surroundings surroundings) {
    return new CommandLine(new HourglassCommand())
        .addSubcommand(new ServeCommand(surroundings))
        .addSubcommand(new ChatCommand(surroundings, InstantSource.system()))
        .addSubcommand(
            new ReserveCommand(surroundings, InstantSource.system(), ZoneId.systemDefault()))
        .addSubcommand(new StatusCommand(surroundings))
        .addSubcommand(new ModelCommand(surroundings))
        .addSubcommand(BenchCommand.commandLine(surroundings))
        .addSubcommand(new KeyCommand(surroundings))
        .addSubcommand(new DoctorCommand(surroundings, EngineTrial::problem))
        .addSubcommand(new RehearseCommand(surroundings))
        .addSubcommand(ReplayCommand.commandLine(surroundings))
        .addSubcommand(new VersionCommand(surroundings))
        .setOut(new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> report(failure, surroundings));
  }

  /** One line for what the user can see to; everything for a defect of ours. */
  private static int report(Exception failure, Surroundings surroundings) {
    switch (failure) {
      case ExpectedFailure _,
          ConfigException _,
          ModelUnavailableException _,
          IllegalArgumentException _ ->
          surroundings.err().println("hourglass: " + failure.getMessage());
      default -> failure.printStackTrace(surroundings.err());
    }
    return CommandLine.ExitCode.SOFTWARE;
  }
}
