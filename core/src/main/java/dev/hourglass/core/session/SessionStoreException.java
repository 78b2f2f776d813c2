package dev.hourglass.core.session;

/** The medium under a store failed; nothing was changed. */
public final class SessionStoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SessionStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
