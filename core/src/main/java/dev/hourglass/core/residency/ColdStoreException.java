package dev.hourglass.core.residency;

/** Why a snapshot could not be written, read or deleted. */
public final class ColdStoreException extends Exception {
  private static final long serialVersionUID = 1;

  public ColdStoreException(String reason) {
    super(reason);
  }

  public ColdStoreException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
