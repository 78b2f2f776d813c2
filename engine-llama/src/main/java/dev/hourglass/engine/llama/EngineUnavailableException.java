package dev.hourglass.engine.llama;

/** The native library or the model cannot be used; the message says what to do, in one line. */
final class EngineUnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  EngineUnavailableException(String message) {
    super(message);
  }

  EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
