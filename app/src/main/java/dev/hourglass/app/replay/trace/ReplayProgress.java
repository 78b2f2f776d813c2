package dev.hourglass.app.replay.trace;

import java.io.PrintStream;
import java.util.Locale;

/** How far a replay is: a bar redrawn in place on a terminal; elsewhere one line when it begins. */
public final class ReplayProgress {
  private static final int CELLS = 30;
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream err;
  private final boolean terminal;
  private int shown = -1;

  public ReplayProgress(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** Shows what is done of all, 0 to 1, and which part is under way. */
  public void at(double done, String part) {
    int thousandths = (int) (done * 1000);
    if (thousandths == shown) {
      return;
    }
    if (terminal) {
      int filled = (int) (done * CELLS);
      err.printf(
          Locale.ROOT,
          "%sReplaying  %s%s  %3.0f %%  %s",
          CLEAR_LINE,
          "━".repeat(filled),
          "╌".repeat(CELLS - filled),
          done * 100,
          part);
      err.flush();
    } else if (shown < 0) {
      err.println("Replaying …");
    }
    shown = thousandths;
  }

  public void ended() {
    if (terminal && shown >= 0) {
      err.print(CLEAR_LINE);
      err.flush();
    }
  }
}
