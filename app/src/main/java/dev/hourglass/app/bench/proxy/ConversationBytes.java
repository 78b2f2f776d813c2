package dev.hourglass.app.bench.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The requests of conversations of two turns, as bytes on the wire. The first turn opens a new
 * conversation; the second repeats it with its answer, as an ordinary client does, so that a
 * gateway has one to recognise.
 */
final class ConversationBytes {
  private static final int ID_DIGITS = 16;
  private static final String PLACE_OF_ID = "#".repeat(ID_DIGITS);

  private final ByteBuf first;
  private final ByteBuf second;
  private final int idInFirst;
  private final int idInSecond;

  ConversationBytes(ProxyCase kind, int port) {
    String system = "{\"role\":\"system\",\"content\":\"" + prose(kind.historyBytes()) + "\"},";
    String question =
        "{\"role\":\"user\",\"content\":\"Conversation " + PLACE_OF_ID + ", what comes next?\"}";
    String answer =
        ",{\"role\":\"assistant\",\"content\":\""
            + UpstreamServer.ANSWER
            + "\"},{\"role\":\"user\",\"content\":\"And after that?\"}";
    first = request(port, kind, system + question);
    second = request(port, kind, system + question + answer);
    idInFirst = placeOfId(first);
    idInSecond = placeOfId(second);
  }

  private static String prose(int bytes) {
    String sentence = "You answer briefly and name what you do not know. ";
    return sentence.repeat(bytes / sentence.length() + 1).substring(0, bytes);
  }

  private static ByteBuf request(int port, ProxyCase kind, String messages) {
    String body =
        "{\"model\":\""
            + UpstreamServer.MODEL
            + "\",\"stream\":"
            + kind.streamed()
            + ",\"messages\":["
            + messages
            + "]}";
    String head =
        """
        POST /v1/chat/completions HTTP/1.1\r
        Host: 127.0.0.1:%d\r
        User-Agent: hourglass-bench\r
        Content-Type: application/json\r
        Content-Length: %d\r
        \r
        """
            .formatted(port, body.length());
    return Unpooled.unreleasableBuffer(
        Unpooled.copiedBuffer(head + body, StandardCharsets.US_ASCII));
  }

  private static int placeOfId(ByteBuf request) {
    return request.toString(StandardCharsets.US_ASCII).indexOf(PLACE_OF_ID);
  }

  /**
   * The request of one turn.
   *
   * @param number counts all turns of one connection: two to each conversation
   * @param connection tells conversations of connections apart, up to 65,535
   */
  ByteBuf turn(ByteBufAllocator allocator, int connection, long number) {
    boolean opens = number % 2 == 0;
    ByteBuf template = opens ? first : second;
    ByteBuf request = allocator.buffer(template.readableBytes());
    request.writeBytes(template, 0, template.readableBytes());
    long id = ((long) connection << 48) | (number / 2);
    int place = opens ? idInFirst : idInSecond;
    for (int digit = 0; digit < ID_DIGITS; digit++) {
      int value = (int) (id >>> (4 * (ID_DIGITS - 1 - digit))) & 0xF;
      request.setByte(place + digit, Character.forDigit(value, 16));
    }
    return request;
  }
}
