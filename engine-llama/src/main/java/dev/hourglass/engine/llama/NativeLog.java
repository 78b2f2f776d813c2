package dev.hourglass.engine.llama;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * The sink of llama.cpp's own log: joins its fragments to lines and hands them to SLF4J.
 *
 * <p>What the library calls <em>info</em> is logged at debug level, since it narrates every load.
 * Nothing may be thrown from here: an exception in an upcall ends the JVM.
 */
final class NativeLog {
  private static final int LEVEL_DEBUG = 1;
  private static final int LEVEL_INFO = 2;
  private static final int LEVEL_WARN = 3;
  private static final int LEVEL_ERROR = 4;
  private static final int LEVEL_CONTINUE = 5;
  private static final int MAX_LINE = 4096;

  private final Logger log;
  private final StringBuilder line = new StringBuilder();
  private Level level = Level.DEBUG;
  private String firstError = "";

  NativeLog(Logger log) {
    this.log = log;
  }

  /** The first error line since {@link #forgetErrors}; those after it only pass it on. */
  synchronized String firstError() {
    return firstError;
  }

  synchronized void forgetErrors() {
    firstError = "";
  }

  MethodHandle handle() {
    try {
      return MethodHandles.lookup()
          .bind(
              this,
              "write",
              MethodType.methodType(
                  void.class, int.class, MemorySegment.class, MemorySegment.class));
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @SuppressWarnings({"unused", "EffectivelyPrivate"}) // Called through the handle above.
  synchronized void write(int nativeLevel, MemorySegment text, MemorySegment userData) {
    try {
      if (text.address() == 0) {
        return;
      }
      append(nativeLevel, text.reinterpret(Long.MAX_VALUE).getString(0));
    } catch (Throwable swallowed) {
      line.setLength(0);
    }
  }

  private void append(int nativeLevel, String text) {
    if (nativeLevel != LEVEL_CONTINUE) {
      flush();
      level = level(nativeLevel);
    }
    for (int index = 0; index < text.length(); index++) {
      char character = text.charAt(index);
      if (character == '\n' || line.length() >= MAX_LINE) {
        flush();
      } else {
        line.append(character);
      }
    }
  }

  private void flush() {
    if (line.isEmpty()) {
      return;
    }
    String message = line.toString();
    line.setLength(0);
    if (message.isBlank() || message.chars().allMatch(character -> character == '.')) {
      return;
    }
    if (level == Level.ERROR && firstError.isEmpty()) {
      firstError = message;
    }
    log.atLevel(expected(message) ? Level.TRACE : level).log(message);
  }

  /**
   * Lines that complain of what the engine does on purpose: many sequences in one context, and
   * decodes that find no room, which it answers by making some.
   */
  private static boolean expected(String message) {
    return message.contains("n_ctx_per_seq")
        || message.contains("failed to prepare ubatch")
        || message.contains("failed to find KV cache slot")
        || message.contains("failed to find available cells")
        || message.contains("failed to decode, ret = ")
        || message.contains("error loading state");
  }

  private static Level level(int nativeLevel) {
    return switch (nativeLevel) {
      case LEVEL_DEBUG -> Level.TRACE;
      case LEVEL_INFO -> Level.DEBUG;
      case LEVEL_WARN -> Level.WARN;
      case LEVEL_ERROR -> Level.ERROR;
      default -> Level.DEBUG;
    };
  }
}
