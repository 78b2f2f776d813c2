package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.TokenLogprob;
import dev.hourglass.core.engine.TokenPiece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
  @Test
  void holdsBackTheFirstBytesOfACharacter() {
    AnswerText text = new AnswerText(List.of());
    byte[] hourglass = "⌛".getBytes(StandardCharsets.UTF_8);
    assertThat(text.append(new byte[] {hourglass[0]}, null)).isEmpty();
    assertThat(text.append(new byte[] {hourglass[1]}, null)).isEmpty();
    assertThat(text.append(new byte[] {hourglass[2], '!'}, null))
        .contains(new TextDelta("⌛!", List.of()));
  }

  @Test
  void leavesOutAnUnfinishedCharacterAtTheEnd() {
    AnswerText text = new AnswerText(List.of());
    text.append(new byte[] {'a', (byte) 0xF0, (byte) 0x9F}, null);
    assertThat(text.finish()).isEmpty();
    assertThat(text.given()).isEqualTo("a");
    assertThat(text.settledTokens(1)).isZero();
  }

  @Test
  void endsBeforeAStopTextThatLiesAcrossTokens() {
    AnswerText text = new AnswerText(List.of("END", "never"));
    assertThat(text.append(bytes("one E"), null)).contains(new TextDelta("one ", List.of()));
    assertThat(text.append(bytes("N"), null)).isEmpty();
    assertThat(text.stopped()).isFalse();
    assertThat(text.append(bytes("D two"), null)).isEmpty();
    assertThat(text.stopped()).isTrue();
    assertThat(text.given()).isEqualTo("one ");
  }

  @Test
  void givesOutWhatOnlyLookedLikeAStopText() {
    AnswerText text = new AnswerText(List.of("aab"));
    assertThat(text.append(bytes("aa"), null)).isEmpty();
    assertThat(text.append(bytes("a"), null)).contains(new TextDelta("a", List.of()));
    assertThat(text.append(bytes("c"), null)).contains(new TextDelta("aac", List.of()));
  }

  @Test
  void reportsEachTokenWithTheTextItBelongsTo() {
    AnswerText text = new AnswerText(List.of("xyz"));
    TokenLogprob first = logprob("x");
    TokenLogprob second = logprob("q");
    assertThat(text.append(bytes("x"), first)).isEmpty();
    assertThat(text.append(bytes("q"), second))
        .contains(new TextDelta("xq", List.of(first, second)));
  }

  @Test
  void reportsATokenWithoutText() {
    AnswerText text = new AnswerText(List.of());
    TokenLogprob control = logprob("");
    assertThat(text.append(new byte[0], control)).contains(new TextDelta("", List.of(control)));
  }

  @Test
  void agreesWithTheWholeTextOnRandomBytes() {
    Random random = new Random(3);
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[1 + random.nextInt(40)];
      byte[] alphabet = "ab⌛é\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
      for (int index = 0; index < bytes.length; index++) {
        bytes[index] =
            random.nextInt(4) == 0
                ? (byte) random.nextInt()
                : alphabet[random.nextInt(alphabet.length)];
      }
      String stop = random.nextBoolean() ? "ab" : "ba⌛";
      AnswerText text = new AnswerText(List.of(stop));
      StringBuilder given = new StringBuilder();
      int tokens = 0;
      for (int from = 0; from < bytes.length && !text.stopped(); ) {
        int to = Math.min(bytes.length, from + 1 + random.nextInt(3));
        byte[] piece = java.util.Arrays.copyOfRange(bytes, from, to);
        text.append(piece, null).ifPresent(delta -> given.append(delta.text()));
        assertThat(text.textOf(text.settledTokens(++tokens)))
            .isEqualTo(text.given().substring(0, text.textOf(text.settledTokens(tokens)).length()));
        from = to;
      }
      text.finish().ifPresent(delta -> given.append(delta.text()));
      String whole = new String(bytes, StandardCharsets.UTF_8);
      int cut = whole.indexOf(stop);
      String expected = cut >= 0 ? whole.substring(0, cut) : whole;
      // The whole text replaces an unfinished last character, which a stream leaves out.
      assertThat(expected).startsWith(given.toString());
      assertThat(expected.substring(given.length())).matches("\uFFFD{0,3}");
      assertThat(text.stopped()).isEqualTo(cut >= 0);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static TokenLogprob logprob(String piece) {
    return new TokenLogprob(new TokenPiece(bytes(piece)), -1, new ArrayList<>());
  }
}
