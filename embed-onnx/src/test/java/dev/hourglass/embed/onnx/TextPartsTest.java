package dev.hourglass.embed.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextPartsTest {
  @Test
  void aShortTextIsOnePart() {
    assertThat(TextParts.of("bread")).containsExactly("bread");
    assertThat(TextParts.of(" ")).containsExactly(" ");
  }

  @Test
  void aLongOneEndsItsPartsAtBlanks() {
    String text = "word ".repeat(1_000);
    List<String> parts = TextParts.of(text);

    assertThat(String.join("", parts).strip()).isEqualTo(text.strip());
    assertThat(parts)
        .allMatch(part -> part.length() <= TextParts.CHARACTERS)
        .allMatch(part -> part.strip().endsWith("word"));
  }

  @Test
  void noCharacterIsCutInTwo() {
    String text = "x" + "😀".repeat(2_000);

    assertThat(String.join("", TextParts.of(text))).isEqualTo(text);
    assertThat(TextParts.of(text))
        .allMatch(part -> part.codePoints().allMatch(Character::isValidCodePoint))
        .noneMatch(part -> Character.isLowSurrogate(part.charAt(0)));
  }
}
