package dev.hourglass.core.activity;

import java.util.Optional;

/**
 * Places a text by its words, hashed into {@value #DIMENSIONS} components with a sign (Weinberger
 * et al., <cite>Feature Hashing for Large Scale Multitask Learning</cite>, 2009). It knows no
 * synonyms, and stands in where no model embeds.
 *
 * <p>Short words are mostly grammar and count little. Scripts that put no blanks between words,
 * such as Chinese, count by pairs of characters. Only the first {@value #CHARACTERS} characters are
 * looked at. Thread-safe.
 */
public final class LexicalEmbedder implements Embedder {
  static final int DIMENSIONS = 64;
  static final int CHARACTERS = 2_000;

  private static final String SPACE = "lexical";
  private static final int SHORT_LETTERS = 3;
  private static final float SHORT_WEIGHT = 0.1f;

  @Override
  public Optional<TopicVector> embed(String text) {
    float[] vector = new float[DIMENSIONS];
    int hash = 0;
    int letters = 0;
    int before = 0;
    int length = Math.min(text.length(), CHARACTERS);
    for (int index = 0; index < length; index++) {
      char character = text.charAt(index);
      if (!Character.isLetterOrDigit(character)) {
        addWord(vector, hash, letters);
        hash = 0;
        letters = 0;
        before = 0;
      } else if (Character.isIdeographic(character)) {
        if (before != 0) {
          add(vector, 31 * before + character, 1);
        }
        before = character;
      } else {
        hash = 31 * hash + Character.toLowerCase(character);
        letters++;
      }
    }
    addWord(vector, hash, letters);
    return Optional.of(TopicVector.of(SPACE, TopicMeasure.LEXICAL, vector));
  }

  private static void addWord(float[] vector, int hash, int letters) {
    if (letters > 0) {
      add(vector, hash, letters > SHORT_LETTERS ? 1 : SHORT_WEIGHT);
    }
  }

  private static void add(float[] vector, int hash, float weight) {
    // Neighbouring words have neighbouring hashes; mixed, they fall anywhere.
    int mixed = hash * 0x9E3779B9;
    mixed ^= mixed >>> 15;
    mixed *= 0x85EBCA6B;
    mixed ^= mixed >>> 13;
    vector[mixed & (DIMENSIONS - 1)] += mixed < 0 ? -weight : weight;
  }
}
