package dev.hourglass.protocol.response;

import java.nio.charset.StandardCharsets;

/** The framing of a server-sent event that holds one line of data. */
public final class ServerSentEvent {
  private static final byte[] PREFIX = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private ServerSentEvent() {}

  /** Frames JSON, which holds no line feed since writers escape those. */
  public static byte[] of(byte[] json) {
    byte[] event = new byte[PREFIX.length + json.length + 2];
    System.arraycopy(PREFIX, 0, event, 0, PREFIX.length);
    System.arraycopy(json, 0, event, PREFIX.length, json.length);
    event[event.length - 2] = '\n';
    event[event.length - 1] = '\n';
    return event;
  }

  /** The last event of an answer that is whole. */
  public static byte[] done() {
    return DONE.clone();
  }
}
