package dev.hourglass.protocol.request;

/** Who speaks in a message. */
public enum Role {
  SYSTEM,
  DEVELOPER,
  USER,
  ASSISTANT
}
