package dev.hourglass.app.model;

/** Watches a model arrive. */
public interface FetchProgress {
  /** Somebody else fetches the same model; we wait. */
  void waiting();

  /**
   * Some of it has arrived. Called often.
   *
   * @param totalBytes 0 while unknown
   */
  void arrived(long bytes, long totalBytes);

  /** The fetch ended, well or not; nothing follows. */
  void ended();

  /** Shows nothing. */
  static FetchProgress none() {
    return new FetchProgress() {
      @Override
      public void waiting() {}

      @Override
      public void arrived(long bytes, long totalBytes) {}

      @Override
      public void ended() {}
    };
  }
}
