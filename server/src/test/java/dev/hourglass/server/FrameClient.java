package dev.hourglass.server;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An HTTP/2 client that sends whatever headers it is told to, also those no library would send. */
final class FrameClient implements AutoCloseable {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int DATA = 0x0;
  private static final int HEADERS = 0x1;
  private static final int RST_STREAM = 0x3;
  private static final int SETTINGS = 0x4;
  private static final int GOAWAY = 0x7;
  private static final int END_STREAM = 0x1;
  private static final int ACK = 0x1;
  private static final int END_HEADERS = 0x4;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  /** A frame as it came. */
  private record Frame(int type, int flags, int stream, Buffer payload) {}

  FrameClient(Socket socket) throws IOException {
    this.socket = socket;
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    out.write(PREFACE.getBytes(StandardCharsets.US_ASCII));
    send(SETTINGS, 0, 0, new byte[0]);
  }

  /**
   * Asks on a stream of its own, and tells what came of it: {@code reset}, {@code goaway}, or the
   * body.
   *
   * @param stream odd, and more than the one before
   * @param headers names and values in turn, pseudo headers first
   */
  String ask(int stream, String body, List<String> headers) throws IOException {
    send(HEADERS, END_HEADERS | (body.isEmpty() ? END_STREAM : 0), stream, packed(headers));
    if (!body.isEmpty()) {
      send(DATA, END_STREAM, stream, body.getBytes(StandardCharsets.UTF_8));
    }
    StringBuilder answer = new StringBuilder();
    while (true) {
      Frame frame;
      try {
        frame = read();
      } catch (EOFException closed) {
        return "closed";
      }
      switch (frame.type) {
        case SETTINGS -> {
          if ((frame.flags & ACK) == 0) {
            send(SETTINGS, ACK, 0, new byte[0]);
          }
        }
        case GOAWAY -> {
          return "goaway";
        }
        case RST_STREAM -> {
          return "reset";
        }
        case DATA -> answer.append(frame.payload.toString(StandardCharsets.UTF_8));
        default -> {
          // Windows and priorities matter to nobody here.
        }
      }
      if (frame.stream == stream
          && (frame.type == DATA || frame.type == HEADERS)
          && (frame.flags & END_STREAM) != 0) {
        return answer.toString();
      }
    }
  }

  /** Reads until the server closes the connection; false if it does not in time. */
  boolean awaitEnd() throws IOException {
    try {
      while (true) {
        read();
      }
    } catch (EOFException | SocketException closed) {
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    }
  }

  /** HPACK (RFC 7541) at its plainest: each header a literal, none remembered. */
  private static byte[] packed(List<String> headers) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (int i = 0; i < headers.size(); i += 2) {
      packed.write(0);
      for (String text : new ArrayList<>(headers.subList(i, i + 2))) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length > 126) {
          throw new IllegalArgumentException(
              "header: " + bytes.length + " bytes (expected: <= 126)");
        }
        packed.write(bytes.length);
        packed.writeBytes(bytes);
      }
    }
    return packed.toByteArray();
  }

  private void send(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(payload.length >> 16);
    frame.write(payload.length >> 8);
    frame.write(payload.length);
    frame.write(type);
    frame.write(flags);
    frame.write(stream >> 24);
    frame.write(stream >> 16);
    frame.write(stream >> 8);
    frame.write(stream);
    frame.writeBytes(payload);
    out.write(frame.toByteArray());
    out.flush();
  }

  private Frame read() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, Buffer.buffer(in.readNBytes(length)));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
