package dev.hourglass.core;

/** What was asked for, or why not. */
public sealed interface Answer<T> {
  /** The value. */
  record Given<T>(T value) implements Answer<T> {}

  /** The reason why there is none. */
  record Refused<T>(Refusal refusal) implements Answer<T> {}
}
