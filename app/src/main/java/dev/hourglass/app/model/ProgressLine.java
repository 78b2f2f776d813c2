package dev.hourglass.app.model;

import java.io.PrintStream;
import java.util.Locale;

/**
 * A fetch shown on one line of a terminal, redrawn in place; where the output is no terminal, one
 * line for every tenth of the way.
 */
public final class ProgressLine implements FetchProgress {
  private static final int CELLS = 30;
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final String title;
  private int shownSteps = -1;

  public ProgressLine(PrintStream out, boolean terminal, String title) {
    this.out = out;
    this.terminal = terminal;
    this.title = title;
  }

  @Override
  public void waiting() {
    out.println("Another Hourglass fetches this model; waiting for it …");
  }

  @Override
  public void arrived(long bytes, long totalBytes) {
    // Steps of what can be seen: thousandths on a terminal, tenths in a log.
    int steps =
        totalBytes > 0 ? (int) (bytes * (terminal ? 1000 : 10) / totalBytes) : (int) (bytes >> 20);
    if (steps == shownSteps) {
      return;
    }
    shownSteps = steps;
    if (terminal) {
      out.print(CLEAR_LINE + title + "  " + state(bytes, totalBytes));
      out.flush();
    } else if (totalBytes > 0) {
      out.println(title + "  " + megabytes(bytes) + " of " + megabytes(totalBytes) + " MB");
    }
  }

  @Override
  public void ended() {
    if (terminal && shownSteps >= 0) {
      out.print(CLEAR_LINE);
      out.flush();
    }
  }

  private static String state(long bytes, long totalBytes) {
    if (totalBytes <= 0) {
      return megabytes(bytes) + " MB";
    }
    int filled = (int) (bytes * CELLS / totalBytes);
    return "━".repeat(filled)
        + "╌".repeat(CELLS - filled)
        + String.format(Locale.ROOT, "  %3d %%  ", bytes * 100 / totalBytes)
        + megabytes(bytes)
        + " of "
        + megabytes(totalBytes)
        + " MB";
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1e6);
  }
}
