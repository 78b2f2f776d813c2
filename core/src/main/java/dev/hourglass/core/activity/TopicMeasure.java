package dev.hourglass.core.activity;

/** What the continuity of a topic was measured with. */
public enum TopicMeasure {
  /** Nothing: there are no two user turns yet to compare. */
  NONE("none"),
  /** The words that user turns have in common. */
  LEXICAL("lexical"),
  /** What user turns mean, as a model embeds them. */
  EMBEDDING("embedding"),
  /** How much of a prompt repeats the one before; traces have no text. */
  PREFIX("prefix");

  private final String wireName;

  TopicMeasure(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }
}
