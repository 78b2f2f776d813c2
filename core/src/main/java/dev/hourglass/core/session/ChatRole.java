package dev.hourglass.core.session;

import java.util.Locale;

/** Who speaks in a message. */
public enum ChatRole {
  SYSTEM,
  DEVELOPER,
  USER,
  ASSISTANT;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  /** The name on the wire and in stores: {@code system}, {@code developer}, and so on. */
  public String wireName() {
    return wireName;
  }

  /** Whether the message instructs the model rather than taking part in the conversation. */
  public boolean instructs() {
    return this == SYSTEM || this == DEVELOPER;
  }
}
