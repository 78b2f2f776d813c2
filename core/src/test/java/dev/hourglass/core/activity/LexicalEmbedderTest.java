package dev.hourglass.core.activity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LexicalEmbedderTest {
  private final LexicalEmbedder words = new LexicalEmbedder();

  private double cosine(String one, String other) {
    return words.embed(one).orElseThrow().cosine(words.embed(other).orElseThrow());
  }

  @Test
  void textsWithWordsInCommonAreAlike() {
    assertThat(cosine("Sort a list in Python", "sort a LIST in python!")).isGreaterThan(0.99);
    assertThat(
            cosine("How do I sort a list in Python?", "Can Python sort a list in reverse order?"))
        .isGreaterThan(0.5);
    assertThat(cosine("How do I sort a list in Python?", "What should the cat eat for dinner?"))
        .isLessThan(0.4);
  }

  @Test
  void scriptsWithoutBlanksAreComparedByPairsOfCharacters() {
    assertThat(cosine("如何用面包机做面包", "用面包机做面包要多久")).isGreaterThan(0.4);
    assertThat(cosine("如何用面包机做面包", "明天北京的天气怎么样")).isLessThan(0.3);
  }

  @Test
  void aTextWithoutWordsIsLikeNothing() {
    assertThat(cosine("?!", "?!")).isZero();
    assertThat(cosine("", "word")).isZero();
  }

  @Test
  void onlyTheBeginningOfALongTextIsLookedAt() {
    String beginning = "bread ".repeat(LexicalEmbedder.CHARACTERS / 6 + 1);

    assertThat(cosine(beginning, beginning + "invoice ".repeat(100_000))).isGreaterThan(0.99);
  }
}
