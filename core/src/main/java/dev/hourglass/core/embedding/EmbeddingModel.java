package dev.hourglass.core.embedding;

/** Something that embeds texts. It may load itself when it is first asked to, and not before. */
public interface EmbeddingModel {
  /** What it is; told without loading anything. */
  Profile profile();

  /** Embeds a text, which may take seconds the first time and milliseconds later. Thread-safe. */
  Result embed(String text);

  /**
   * What a model is.
   *
   * @param dimensions components of each vector
   * @param contextTokens that it looks at together; of a longer text the parts are averaged
   * @param ideographic whether it knows Chinese rather than English
   */
  record Profile(String name, int dimensions, int contextTokens, boolean ideographic) {}

  /** What came of embedding a text. */
  sealed interface Result {
    /** A vector of length 1. */
    record Embedded(Vector vector, int tokens) implements Result {}

    /** The model cannot be used here; it will not get better. */
    record Unavailable(String reason) implements Result {}
  }

  /** The components of a vector. */
  final class Vector {
    private final float[] components;

    public Vector(float[] components) {
      this.components = components.clone();
    }

    public int dimensions() {
      return components.length;
    }

    public float component(int index) {
      return components[index];
    }

    public float[] components() {
      return components.clone();
    }
  }
}
