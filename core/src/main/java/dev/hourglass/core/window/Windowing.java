package dev.hourglass.core.window;

/** How time is cut into windows. */
public sealed interface Windowing {
  /** Windows of one size, one after the other: each moment is in one of them. */
  record Tumbling(long sizeNanos) implements Windowing {
    public Tumbling {
      requirePositive("size", sizeNanos);
    }
  }

  /**
   * Windows of one size, of which one begins after each slide: each moment is in <i>size /
   * slide</i> of them, rounded up or down.
   */
  record Sliding(long sizeNanos, long slideNanos) implements Windowing {
    public Sliding {
      requirePositive("slide", slideNanos);
      if (sizeNanos < slideNanos) {
        throw new IllegalArgumentException(
            "size: " + sizeNanos + " ns (expected: at least the slide, " + slideNanos + ")");
      }
    }
  }

  /** Windows that last while events come: each ends once none has come for the gap. */
  record Sessions(long gapNanos) implements Windowing {
    public Sessions {
      requirePositive("gap", gapNanos);
    }
  }

  private static void requirePositive(String name, long nanos) {
    if (nanos < 1) {
      throw new IllegalArgumentException(name + ": " + nanos + " ns (expected: >= 1)");
    }
  }
}
