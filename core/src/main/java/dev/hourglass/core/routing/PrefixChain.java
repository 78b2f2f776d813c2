package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.TenantId;
import java.util.List;

/**
 * A prompt as a chain of 64-bit hashes, each of which covers everything before it and the tenant.
 *
 * <p>It guesses where a prefix is cached and proves nothing: two prompts whose hashes collide are
 * sent to the same endpoint, and that is all. Whoever decides about identity uses {@link
 * dev.hourglass.core.session.MessageChain}.
 */
public final class PrefixChain {
  /** No messages. */
  public static final PrefixChain NONE = new PrefixChain(new long[0], new int[0]);

  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int TOKENS_PER_MESSAGE = 4;

  private final long[] hashes;
  private final int[] tokens;

  private PrefixChain(long[] hashes, int[] tokens) {
    this.hashes = hashes;
    this.tokens = tokens;
  }

  /** Hashes a conversation; costs one look at each character, and none at those hashed before. */
  public static PrefixChain of(TenantId tenant, List<ChatMessage> messages) {
    long[] hashes = new long[messages.size()];
    int[] tokens = new int[messages.size()];
    long hash = tenant.value().hashCode();
    int total = 0;
    for (int link = 0; link < hashes.length; link++) {
      ChatMessage message = messages.get(link);
      String text = message.content();
      hash = mixed(hash ^ message.role().wireName().hashCode());
      hash = mixed(hash ^ ((long) text.length() << 32 | Integer.toUnsignedLong(text.hashCode())));
      total += roughTokens(text);
      hashes[link] = hash;
      tokens[link] = total;
    }
    return new PrefixChain(hashes, tokens);
  }

  /** A chain whose hashes cover blocks of equal size, but for the last one. */
  public static PrefixChain ofBlocks(List<Long> blockHashes, int blockTokens, int promptTokens) {
    long[] hashes = blockHashes.stream().mapToLong(Long::longValue).toArray();
    int[] tokens = new int[hashes.length];
    for (int link = 0; link < tokens.length; link++) {
      tokens[link] = (int) Math.min((link + 1L) * blockTokens, promptTokens);
    }
    return new PrefixChain(hashes, tokens);
  }

  /** About how long a prompt is. */
  static int roughTokens(Prompt prompt) {
    long tokens = 0;
    switch (prompt) {
      case Prompt.Chat(var messages) -> {
        for (ChatMessage message : messages) {
          tokens += roughTokens(message.content());
        }
      }
      case Prompt.Text(var text) -> tokens = roughTokens(text);
    }
    return (int) Math.min(tokens, Integer.MAX_VALUE);
  }

  private static int roughTokens(String text) {
    return TOKENS_PER_MESSAGE + text.length() / CHARACTERS_PER_TOKEN;
  }

  int length() {
    return hashes.length;
  }

  /** The hash of everything up to a link. */
  long hash(int link) {
    return hashes[link];
  }

  /** Tokens up to the end of a link, roughly. */
  int tokens(int link) {
    return tokens[link];
  }

  /** The finaliser of SplitMix64: every bit of the input reaches every bit of the output. */
  private static long mixed(long value) {
    long bits = value + 0x9e3779b97f4a7c15L;
    bits = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    bits = (bits ^ (bits >>> 27)) * 0x94d049bb133111ebL;
    return bits ^ (bits >>> 31);
  }
}
