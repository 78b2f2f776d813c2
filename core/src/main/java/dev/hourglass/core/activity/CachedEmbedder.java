package dev.hourglass.core.activity;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * An embedder that remembers where the texts of late were, by a hash of each: clients resend turns,
 * and many say the same. Beyond its bound the text that was not asked for longest goes. One thread
 * embeds; any may read the counts.
 */
public final class CachedEmbedder implements Embedder {
  private final Embedder embedder;
  private final Map<Long, TopicVector> known;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /**
   * Knows nothing yet.
   *
   * @param mostTexts at least 1
   */
  public CachedEmbedder(Embedder embedder, int mostTexts) {
    if (mostTexts < 1) {
      throw new IllegalArgumentException("texts: " + mostTexts + " (expected: >= 1)");
    }
    this.embedder = embedder;
    this.known =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, TopicVector> eldest) {
            return size() > mostTexts;
          }
        };
  }

  @Override
  public Optional<TopicVector> embed(String text) {
    long hash = hash(text);
    TopicVector found = known.get(hash);
    if (found != null) {
      hits.increment();
      return Optional.of(found);
    }
    misses.increment();
    Optional<TopicVector> embedded = embedder.embed(text);
    embedded.ifPresent(vector -> known.put(hash, vector));
    return embedded;
  }

  /** Texts that were known already. */
  public long hits() {
    return hits.sum();
  }

  /** Texts that had to be embedded. */
  public long misses() {
    return misses.sum();
  }

  /** FNV-1a over the characters: two texts that collide merely pass for one topic. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int index = 0; index < text.length(); index++) {
      hash = (hash ^ text.charAt(index)) * 0x100000001b3L;
    }
    return hash;
  }
}
