package dev.hourglass.app.host;

/**
 * A command that cannot do its work, for a reason that the user can see to. Its message is for
 * them.
 */
public final class ExpectedFailure extends Exception {
  private static final long serialVersionUID = 1;

  public ExpectedFailure(String message) {
    super(message);
  }

  public ExpectedFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
