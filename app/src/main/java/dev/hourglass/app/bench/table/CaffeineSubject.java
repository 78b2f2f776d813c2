package dev.hourglass.app.bench.table;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.hourglass.core.session.SessionId;
import java.time.Duration;

/** A cache that keeps of a session its time to live alone. */
final class CaffeineSubject implements Subject {
  private final Cache<SessionId, Duration> cache;

  CaffeineSubject(SteppedClock clock, int most) {
    cache =
        Caffeine.newBuilder()
            .maximumSize(most)
            .ticker(clock::nanos)
            .expireAfter(Expiry.<SessionId, Duration>accessing((_, timeToLive) -> timeToLive))
            .build();
  }

  @Override
  public void add(SessionId id, Duration timeToLive) {
    cache.put(id, timeToLive);
  }

  @Override
  public boolean touch(SessionId id) {
    return cache.getIfPresent(id) != null;
  }

  @Override
  public void expire() {
    // A cache lets go a few thousand at a time.
    long before;
    do {
      before = cache.estimatedSize();
      cache.cleanUp();
    } while (cache.estimatedSize() < before);
  }

  @Override
  public int size() {
    return (int) cache.estimatedSize();
  }
}
