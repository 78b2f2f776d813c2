package dev.hourglass.app.model;

import java.nio.file.Path;

/** Somewhere that a model comes from. */
interface ModelSource {
  /**
   * Brings the model to {@code part}. What an interrupted fetch left there or beside it is taken up
   * or thrown away. The caller holds the lock of that file, and moves it into place.
   *
   * @throws ModelUnavailableException if it does not come, with what to do
   */
  void fetch(Path part, FetchProgress progress)
      throws ModelUnavailableException, InterruptedException;
}
