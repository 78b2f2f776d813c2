package dev.hourglass.core.window;

/** A span of time: its start belongs to it, its end does not. */
public record Window(long startNanos, long endNanos) {
  public Window {
    if (endNanos <= startNanos) {
      throw new IllegalArgumentException(
          "window: " + startNanos + " to " + endNanos + " ns (expected: an end after its start)");
    }
  }

  /** Whether something happened within it. */
  public boolean contains(long atNanos) {
    return startNanos <= atNanos && atNanos < endNanos;
  }
}
