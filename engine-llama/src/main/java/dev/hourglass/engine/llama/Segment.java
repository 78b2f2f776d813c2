package dev.hourglass.engine.llama;

/**
 * A stretch of a rendered prompt.
 *
 * @param control whether it comes from the template, where control tokens are meant; text from a
 *     message never becomes one
 */
record Segment(String text, boolean control) {
  Segment withText(String other) {
    return new Segment(other, control);
  }
}
