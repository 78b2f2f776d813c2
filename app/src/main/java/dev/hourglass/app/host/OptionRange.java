package dev.hourglass.app.host;

/** The bounds of a number on the command line. */
public final class OptionRange {
  private OptionRange() {}

  /**
   * Accepts a value within bounds, both included.
   *
   * @throws ExpectedFailure naming the option, the value and what was expected
   */
  public static void require(String option, long value, long least, long most)
      throws ExpectedFailure {
    if (value < least || value > most) {
      throw new ExpectedFailure(
          option + ": " + value + " (expected: " + least + " to " + most + ")");
    }
  }
}
