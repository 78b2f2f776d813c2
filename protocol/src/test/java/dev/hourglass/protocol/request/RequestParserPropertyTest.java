package dev.hourglass.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every body. */
final class RequestParserPropertyTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final RequestParser parser = new RequestParser(RequestLimits.DEFAULTS);

  @Property(tries = 300)
  void messagesArriveAsAnotherWriterWroteThem(@ForAll("conversations") List<Message> messages)
      throws IOException, InvalidRequest {
    ObjectNode body = MAPPER.createObjectNode();
    ArrayNode array = body.putArray("messages");
    for (Message message : messages) {
      array
          .addObject()
          .put("content", message.content())
          .put("role", message.role().name().toLowerCase(java.util.Locale.ROOT));
    }

    assertThat(parser.chatCompletion(MAPPER.writeValueAsBytes(body)).messages())
        .isEqualTo(messages);
  }

  @Property(tries = 300)
  void textPartsAreJoinedByLineFeeds(@ForAll("texts") String first, @ForAll("texts") String second)
      throws IOException, InvalidRequest {
    ObjectNode body = MAPPER.createObjectNode();
    ArrayNode parts = body.putArray("messages").addObject().put("role", "user").putArray("content");
    parts.addObject().put("type", "text").put("text", first);
    parts.addObject().put("text", second).put("type", "text");

    assertThat(parser.chatCompletion(MAPPER.writeValueAsBytes(body)).messages())
        .containsExactly(new Message(Role.USER, first + "\n" + second));
  }

  @Property(tries = 2_000)
  void utf8IsCheckedAsTheJdkChecksIt(@ForAll("nearlyUtf8") byte[] bytes) {
    int malformed = Utf8.firstMalformed(bytes, 0, bytes.length);

    assertThat(malformed < 0).isEqualTo(jdkDecodes(bytes));
    if (malformed >= 0) {
      assertThat(Utf8.firstMalformed(bytes, 0, malformed)).isEqualTo(-1);
    }
  }

  @Property(tries = 1_000)
  void aBodyWithOneByteChangedIsReadOrRefused(
      @ForAll("conversations") List<Message> messages, @ForAll int place, @ForAll byte replacement)
      throws IOException {
    ObjectNode body = MAPPER.createObjectNode();
    ArrayNode array = body.putArray("messages");
    for (Message message : messages) {
      array.addObject().put("role", "user").put("content", message.content());
    }
    byte[] bytes = MAPPER.writeValueAsBytes(body);
    bytes[Math.floorMod(place, bytes.length)] = replacement;

    try {
      assertThat(parser.chatCompletion(bytes).messages()).isNotEmpty();
    } catch (InvalidRequest refusal) {
      assertThat(refusal).hasMessageContaining("(expected: ");
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().ofMaxLength(40).filter(RequestParserPropertyTest::jdkEncodes);
  }

  @Provide
  Arbitrary<List<Message>> conversations() {
    return Combinators.combine(Arbitraries.of(Role.class), texts())
        .as(Message::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  @Provide
  Arbitrary<byte[]> nearlyUtf8() {
    Arbitrary<Byte> interesting =
        Arbitraries.of(
                0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff)
            .map(Integer::byteValue);
    return interesting.array(byte[].class).ofMaxSize(24);
  }

  private static boolean jdkDecodes(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }

  private static boolean jdkEncodes(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
