package dev.hourglass.app;

import dev.hourglass.app.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration file, watched for changes of its pools. Asked every second; a file that changed
 * is read as a whole and has to be valid as a whole, or nothing changes.
 */
final class PoolFile {
  private static final Logger log = LoggerFactory.getLogger(PoolFile.class);

  private final Path file;
  private final Supplier<List<UpstreamPlan>> reading;
  private final Follower plans;
  private final Following following;
  private Stamp seen;

  /** Whoever goes by the file. */
  interface Follower {
    void follow(List<UpstreamPlan> plans) throws InterruptedException;
  }

  private record Stamp(FileTime changed, long bytes) {}

  /**
   * Begins to watch; what the file says now is taken as known.
   *
   * @param reading reads and checks it; fails with {@link ConfigException}
   */
  PoolFile(Path file, Supplier<List<UpstreamPlan>> reading, Follower plans, Executor blocking) {
    this.file = file;
    this.reading = reading;
    this.plans = plans;
    this.following = new Following(blocking);
    this.seen = stamp();
  }

  /** Looks whether it changed. Returns at once. */
  void look() {
    Stamp now = stamp();
    if (!now.equals(seen) && following.begin(file, this::follow)) {
      seen = now;
    }
  }

  private void follow() throws InterruptedException {
    try {
      plans.follow(reading.get());
      log.info("{} has changed, and the pools with it", file);
    } catch (ConfigException wrong) {
      log.warn(
          "{} has changed, and nothing else: {}",
          file,
          String.valueOf(wrong.getMessage()).replace("\n", "; "));
    }
  }

  /** A file that is away for a moment, as editors have it, looks like an empty one. */
  private Stamp stamp() {
    try {
      return new Stamp(Files.getLastModifiedTime(file), Files.size(file));
    } catch (IOException away) {
      return new Stamp(FileTime.fromMillis(0), 0);
    }
  }
}
