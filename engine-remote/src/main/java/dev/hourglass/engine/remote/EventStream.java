package dev.hourglass.engine.remote;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events as they arrive in pieces of any size. An event ends with an empty line; what
 * has no end yet is kept for later, so that no character and no event is ever seen in part.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent
 *     events</a>
 */
final class EventStream {
  private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

  private final int mostEventBytes;
  private byte[] bytes = new byte[0];
  private int from;
  private int searched;

  EventStream(int mostEventBytes) {
    this.mostEventBytes = mostEventBytes;
  }

  /** A whole event: a stretch of bytes, its empty line included. */
  static final class Event {
    private final byte[] bytes;
    private final int from;
    private final int to;

    private Event(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
    }

    /** What arrived with the event, not to be changed; the event itself is a part of it. */
    byte[] bytes() {
      return bytes;
    }

    int from() {
      return from;
    }

    int to() {
      return to;
    }

    /** Where its data is: of its first {@code data:} line; {@code null} where it has none. */
    @Nullable Span data() {
      int line = from;
      while (line < to) {
        int end = line;
        while (end < to && bytes[end] != '\n' && bytes[end] != '\r') {
          end++;
        }
        if (end - line >= DATA.length
            && Arrays.equals(bytes, line, line + DATA.length, DATA, 0, DATA.length)) {
          int start = line + DATA.length;
          return new Span(start < end && bytes[start] == ' ' ? start + 1 : start, end);
        }
        line = end + 1;
      }
      return null;
    }
  }

  /** A stretch of bytes, its end exclusive. */
  record Span(int from, int to) {
    int length() {
      return to - from;
    }
  }

  /**
   * Takes what arrived.
   *
   * @return false if the event under way is longer than events may be
   */
  boolean add(byte[] piece) {
    if (from == bytes.length) {
      bytes = piece;
      from = 0;
      searched = 0;
      return true;
    }
    int kept = bytes.length - from;
    if (kept + piece.length > mostEventBytes) {
      return false;
    }
    byte[] joined = Arrays.copyOfRange(bytes, from, from + kept + piece.length);
    System.arraycopy(piece, 0, joined, kept, piece.length);
    searched -= from;
    bytes = joined;
    from = 0;
    return true;
  }

  /** The next whole event; {@code null} if there is none yet. */
  @Nullable Event next() {
    // Where a line may have begun whose emptiness is not known yet.
    int at = Math.max(from, searched - 3);
    for (; at < bytes.length; at++) {
      int end = endOfEmptyLine(at);
      if (end > 0) {
        Event event = new Event(bytes, from, end);
        from = end;
        searched = end;
        return event;
      }
    }
    searched = at;
    return null;
  }

  /** The end of an empty line, if a line ends at this place and an empty one follows; else -1. */
  private int endOfEmptyLine(int at) {
    if (bytes[at] == '\n') {
      if (at + 1 < bytes.length && bytes[at + 1] == '\n') {
        return at + 2;
      }
      if (at + 2 < bytes.length && bytes[at + 1] == '\r' && bytes[at + 2] == '\n') {
        return at + 3;
      }
    } else if (bytes[at] == '\r' && at + 1 < bytes.length && bytes[at + 1] == '\r') {
      return at + 2;
    }
    return -1;
  }

  /** Bytes that belong to an event without an end. */
  int pending() {
    return bytes.length - from;
  }
}
