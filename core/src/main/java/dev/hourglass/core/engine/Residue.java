package dev.hourglass.core.engine;

/** What is left of a session in an engine. */
public sealed interface Residue {
  /** Counted in the engine's own cells. */
  record Counted(int kvTokens) implements Residue {}

  /** The engine cannot tell. */
  record Unknown() implements Residue {}
}
