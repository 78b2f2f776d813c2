package dev.hourglass.core.window;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Counts events in windows that end, told once each, in order, and never changed afterwards.
 *
 * <p>Events may come out of order. The watermark is the newest event's time less the allowed
 * lateness (Akidau et al., <cite>The Dataflow Model</cite>, 2015): a window ends when the watermark
 * reaches its end, and an event that belongs to a window which has ended is {@link #late}. It still
 * counts in its other windows. Windows without events are not told.
 *
 * <p>So at most about <i>(lateness + size) / slide</i> windows are open, which the constructor
 * bounds. Not thread-safe.
 */
public final class WindowedCounts {
  private static final long MOST_OPEN = 1 << 16;

  private final Windowing windowing;
  private final long latenessNanos;
  private final Consumer<WindowCount> ended;

  /** By start. */
  private final TreeMap<Long, Open> open = new TreeMap<>();

  private long watermarkNanos = Long.MIN_VALUE;
  private long late;

  /** A window that has not ended. */
  private static final class Open {
    private long endNanos;
    private long events;

    Open(long endNanos) {
      this.endNanos = endNanos;
    }
  }

  /**
   * Counts nothing yet.
   *
   * @param latenessNanos how much older than the newest one an event may be and never be late
   * @param ended told of each window that has ended, on the thread that brings the watermark there
   */
  public WindowedCounts(Windowing windowing, long latenessNanos, Consumer<WindowCount> ended) {
    if (latenessNanos < 0) {
      throw new IllegalArgumentException("lateness: " + latenessNanos + " ns (expected: >= 0)");
    }
    long most =
        switch (windowing) {
          case Windowing.Tumbling(long size) -> latenessNanos / size + 2;
          case Windowing.Sliding(long size, long slide) -> latenessNanos / slide + size / slide + 2;
          case Windowing.Sessions(long gap) -> latenessNanos / gap + 2;
        };
    if (most > MOST_OPEN) {
      throw new IllegalArgumentException(
          "lateness: %d ns keeps %d windows of %s open (expected: at most %d)"
              .formatted(latenessNanos, most, windowing, MOST_OPEN));
    }
    this.windowing = windowing;
    this.latenessNanos = latenessNanos;
    this.ended = ended;
  }

  /** Counts an event; {@code false} if it was too late for a window that it belongs to. */
  public boolean add(long atNanos) {
    boolean inTime =
        switch (windowing) {
          case Windowing.Tumbling(long size) -> addToAligned(atNanos, size, size);
          case Windowing.Sliding(long size, long slide) -> addToAligned(atNanos, size, slide);
          case Windowing.Sessions(long gap) -> addToSession(atNanos, gap);
        };
    if (!inTime) {
      late++;
    }
    advanceTo(atNanos - latenessNanos);
    return inTime;
  }

  private boolean addToAligned(long atNanos, long size, long slide) {
    boolean inTime = true;
    long last = Math.floorDiv(atNanos, slide) * slide;
    for (long start = last; start > atNanos - size; start -= slide) {
      long end = start + size;
      if (end <= watermarkNanos) {
        inTime = false;
      } else {
        open.computeIfAbsent(start, _ -> new Open(end)).events++;
      }
    }
    return inTime;
  }

  /** An event that reaches back to an open window goes on with it, however late it is. */
  private boolean addToSession(long atNanos, long gap) {
    long start = atNanos;
    long end = atNanos + gap;
    long events = 1;
    Map.Entry<Long, Open> before = open.floorEntry(atNanos);
    if (before != null && before.getValue().endNanos > atNanos) {
      start = before.getKey();
      end = Math.max(end, before.getValue().endNanos);
      events += before.getValue().events;
    }
    Map.Entry<Long, Open> after = open.higherEntry(atNanos);
    if (after != null && after.getKey() < end) {
      open.remove(after.getKey());
      end = after.getValue().endNanos;
      events += after.getValue().events;
    }
    if (end <= watermarkNanos) {
      return false;
    }
    Open joined = open.computeIfAbsent(start, _ -> new Open(atNanos));
    joined.endNanos = end;
    joined.events = events;
    return true;
  }

  /**
   * Brings the watermark forward, where time passes although nothing happens; a watermark that is
   * there already stays.
   */
  public void advanceTo(long nanos) {
    watermarkNanos = Math.max(watermarkNanos, nanos);
    while (!open.isEmpty() && open.firstEntry().getValue().endNanos <= watermarkNanos) {
      Map.Entry<Long, Open> first = open.pollFirstEntry();
      ended.accept(
          new WindowCount(
              new Window(first.getKey(), first.getValue().endNanos), first.getValue().events));
    }
  }

  /** Ends every window, for there will be no more events in them. */
  public void end() {
    advanceTo(Long.MAX_VALUE);
  }

  /** Up to where windows have ended. */
  public long watermarkNanos() {
    return watermarkNanos;
  }

  /** Windows that have seen events and not ended. */
  public int openWindows() {
    return open.size();
  }

  /** Events that were too late for at least one of their windows. */
  public long late() {
    return late;
  }
}
