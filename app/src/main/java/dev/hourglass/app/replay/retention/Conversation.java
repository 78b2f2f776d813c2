package dev.hourglass.app.replay.retention;

import dev.hourglass.core.activity.SessionActivity;
import dev.hourglass.core.retention.value.ReturnClass;

/** A conversation, as far as a trace shows it. */
final class Conversation {
  private final SessionActivity activity = new SessionActivity();
  private int turns;
  private ReturnClass of;
  private double usedSeconds;

  Conversation(long promptTokens, double nowSeconds) {
    turns = 1;
    of = ReturnClass.of(1, 0, promptTokens);
    usedSeconds = nowSeconds;
  }

  void goesOn(long promptTokens, double nowSeconds) {
    turns++;
    of = ReturnClass.of(turns, idleSeconds(nowSeconds), promptTokens);
    usedSeconds = nowSeconds;
  }

  int turns() {
    return turns;
  }

  ReturnClass returnClass() {
    return of;
  }

  double idleSeconds(double nowSeconds) {
    return nowSeconds - usedSeconds;
  }

  SessionActivity activity() {
    return activity;
  }
}
