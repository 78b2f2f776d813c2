package dev.hourglass.core.routing;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one endpoint has probably cached: the links of the prompts that were sent to it, as many as
 * fit its KV memory, the least recently used forgotten first.
 *
 * <p>A prompt's end counts as older than its beginning, so that what is remembered of a prompt is
 * always a prefix of it. Bounded by a number of links, and by KV tokens where they are known. Not
 * safe for use by several threads.
 */
final class PrefixIndex {
  private static final float FULL = 0.75f;

  private final int mostLinks;

  /** Tokens of each link, by the hash of everything up to it; the least recently used first. */
  private final LinkedHashMap<Long, Integer> links = new LinkedHashMap<>(16, FULL, true);

  private long tokens;

  PrefixIndex(int mostLinks) {
    this.mostLinks = mostLinks;
  }

  /** Tokens of the longest prefix that is probably cached. */
  int cachedTokens(PrefixChain chain) {
    int link = 0;
    while (link < chain.length() && links.containsKey(chain.hash(link))) {
      link++;
    }
    return link == 0 ? 0 : chain.tokens(link - 1);
  }

  /**
   * Remembers a prompt that the endpoint computes now.
   *
   * @param mostTokens KV tokens of the endpoint; 0 where unknown
   */
  void add(PrefixChain chain, int mostTokens) {
    for (int link = chain.length() - 1; link >= 0; link--) {
      int linkTokens = chain.tokens(link) - (link == 0 ? 0 : chain.tokens(link - 1));
      if (links.get(chain.hash(link)) == null) {
        links.put(chain.hash(link), linkTokens);
        tokens += linkTokens;
      }
    }
    Iterator<Map.Entry<Long, Integer>> oldest = links.entrySet().iterator();
    while (oldest.hasNext()
        && (links.size() > mostLinks || (mostTokens > 0 && tokens > mostTokens))) {
      tokens -= oldest.next().getValue();
      oldest.remove();
    }
  }

  int links() {
    return links.size();
  }
}
