package dev.hourglass.core.engine;

/** What became of a snapshot. */
public sealed interface SnapshotOutcome {
  /** It was taken; whoever receives it closes it. */
  record Taken(KvSnapshot snapshot) implements SnapshotOutcome {}

  /** The session holds no state. */
  record Empty() implements SnapshotOutcome {}

  /** This engine cannot do it. */
  record Unsupported() implements SnapshotOutcome {}

  /** It was tried and did not work. */
  record Failed(String reason) implements SnapshotOutcome {}
}
