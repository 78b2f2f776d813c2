package dev.hourglass.app.model;

/** A model that cannot be had. The message is for the user, and says what to do. */
public final class ModelUnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  ModelUnavailableException(String message) {
    super(message);
  }

  ModelUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
