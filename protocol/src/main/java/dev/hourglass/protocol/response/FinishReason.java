package dev.hourglass.protocol.response;

/** Why an answer ends where it does, in the words of the OpenAI API. */
public enum FinishReason {
  STOP("stop"),
  LENGTH("length");

  private final String wireName;

  FinishReason(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }
}
