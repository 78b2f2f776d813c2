package dev.hourglass.app.model;

import dev.hourglass.app.host.Surroundings;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hourglass model}: the language models on this machine. */
@Command(
    name = "model",
    description = "Pull, list or remove language models.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "(pull | list | remove)")
public final class ModelCommand {
  private static final String REF =
      "default, https://… (with #sha256=… to pin it) or hf:org/repo/file.gguf";

  private final Surroundings surroundings;

  public ModelCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** The models of this user. */
  public static ModelStore store(Surroundings surroundings) {
    return new ModelStore(
        surroundings.folders().cache().resolve("models"), surroundings.environment());
  }

  @Command(
      name = "pull",
      description = "Fetches a model, unless it is here.",
      mixinStandardHelpOptions = true)
  int pull(@Parameters(paramLabel = "REF", defaultValue = "default", description = REF) String ref)
      throws ModelUnavailableException, InterruptedException {
    ModelRef model = ModelRef.parse(ref);
    var progress =
        new ProgressLine(surroundings.err(), surroundings.terminal(), "Fetching " + model.text());
    surroundings.out().println(store(surroundings).obtain(model, progress));
    return 0;
  }

  @Command(
      name = "list",
      description = "Shows the fetched models.",
      mixinStandardHelpOptions = true)
  int list() throws IOException {
    List<ModelStore.StoredModel> models = store(surroundings).list();
    if (models.isEmpty()) {
      surroundings.out().println("No models yet; ./hourglass model pull fetches the default one.");
    }
    for (ModelStore.StoredModel model : models) {
      surroundings
          .out()
          .printf(
              Locale.ROOT, "%9s  %s  %s%n", megabytes(model.bytes()), model.ref(), model.path());
    }
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes a fetched model.",
      mixinStandardHelpOptions = true)
  int remove(@Parameters(paramLabel = "REF", description = REF) String ref) throws IOException {
    long bytes = store(surroundings).remove(ModelRef.parse(ref));
    if (bytes == 0) {
      surroundings
          .err()
          .println("model: " + ref + " (expected: one that ./hourglass model list shows)");
      return 1;
    }
    surroundings.out().println("Removed " + ref + ", " + megabytes(bytes));
    return 0;
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
