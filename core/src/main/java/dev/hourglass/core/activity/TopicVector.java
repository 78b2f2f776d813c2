package dev.hourglass.core.activity;

/**
 * The direction of a text in a space of topics, in a byte for each component: all that is kept of a
 * user turn.
 */
public final class TopicVector {
  private final String space;
  private final TopicMeasure measure;
  private final byte[] components;

  private TopicVector(String space, TopicMeasure measure, byte[] components) {
    this.space = space;
    this.measure = measure;
    this.components = components;
  }

  /**
   * Keeps the direction of a vector.
   *
   * @param space names what it can be compared with: the same embedder's vectors
   */
  public static TopicVector of(String space, TopicMeasure measure, float[] vector) {
    float greatest = 0;
    for (float component : vector) {
      greatest = Math.max(greatest, Math.abs(component));
    }
    byte[] components = new byte[vector.length];
    for (int index = 0; index < vector.length && greatest > 0; index++) {
      components[index] = (byte) Math.round(vector[index] / greatest * Byte.MAX_VALUE);
    }
    return new TopicVector(space, measure, components);
  }

  TopicMeasure measure() {
    return measure;
  }

  boolean comparableWith(TopicVector other) {
    return space.equals(other.space) && components.length == other.components.length;
  }

  /** The cosine between two texts of one space, −1 to 1; 0 where one of them says nothing. */
  double cosine(TopicVector other) {
    long product = 0;
    long own = 0;
    long others = 0;
    for (int index = 0; index < components.length; index++) {
      product += components[index] * other.components[index];
      own += components[index] * components[index];
      others += other.components[index] * other.components[index];
    }
    return own == 0 || others == 0 ? 0 : product / Math.sqrt((double) own * others);
  }
}
