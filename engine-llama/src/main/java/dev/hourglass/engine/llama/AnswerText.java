package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.TokenLogprob;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The growing text of an answer: takes tokens' bytes, gives out what is certain.
 *
 * <p>Held back are the first bytes of a character until the rest arrives, and text that may turn
 * out to begin a stop text. What can never become a character is replaced by U+FFFD.
 */
final class AnswerText {
  private static final int UNSETTLED = -1;

  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final TokenList charactersAfter = new TokenList();
  private final Deque<PendingLogprob> pendingLogprobs = new ArrayDeque<>();
  private byte[] incomplete = new byte[0];
  private int given;
  private boolean stopped;

  /** A token's log probability, and where its text begins and ends. */
  private record PendingLogprob(TokenLogprob logprob, int start, int end) {}

  AnswerText(List<String> stops) {
    this.stops = stops;
  }

  /** Takes one token; answers what may be given out now. */
  Optional<TextDelta> append(byte[] bytes, @Nullable TokenLogprob logprob) {
    int start = text.length();
    decode(bytes);
    charactersAfter.add(incomplete.length == 0 ? text.length() : UNSETTLED);
    if (logprob != null) {
      pendingLogprobs.add(
          new PendingLogprob(logprob, start, text.length() + (incomplete.length == 0 ? 0 : 1)));
    }
    int stop = earliestStop(start);
    if (stop >= 0) {
      stopped = true;
      text.setLength(stop);
      return giveOut(stop, true);
    }
    return giveOut(text.length() - heldBack(), false);
  }

  /** Whether a stop text appeared; the text ends before it. */
  boolean stopped() {
    return stopped;
  }

  /** Gives out the rest. An unfinished character is not part of the answer. */
  Optional<TextDelta> finish() {
    return giveOut(text.length(), true);
  }

  /** The text given out so far. */
  String given() {
    return text.substring(0, given);
  }

  /**
   * The most of the first {@code tokens} tokens whose text was given out whole and ends with a
   * character.
   */
  int settledTokens(int tokens) {
    for (int count = Math.min(tokens, charactersAfter.size()); count > 0; count--) {
      int characters = charactersAfter.get(count - 1);
      if (characters != UNSETTLED && characters <= given) {
        return count;
      }
    }
    return 0;
  }

  /** The text of the first {@code tokens} tokens, which must be settled. */
  String textOf(int tokens) {
    return tokens == 0 ? "" : text.substring(0, charactersAfter.get(tokens - 1));
  }

  private void decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.allocate(incomplete.length + bytes.length);
    in.put(incomplete).put(bytes).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.reset();
    decoder.decode(in, out, false);
    incomplete = new byte[in.remaining()];
    in.get(incomplete);
    text.append(out.flip());
  }

  private int earliestStop(int from) {
    int earliest = -1;
    for (String stop : stops) {
      int found = text.indexOf(stop, Math.max(given, from - stop.length() + 1));
      if (found >= 0 && (earliest < 0 || found < earliest)) {
        earliest = found;
      }
    }
    return earliest;
  }

  /** The length of the longest end of the text with which a stop text may begin. */
  private int heldBack() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, text.length() - given);
      for (int length = most; length > longest; length--) {
        if (stop.regionMatches(0, text.substring(text.length() - length), 0, length)) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }

  private Optional<TextDelta> giveOut(int end, boolean last) {
    String piece = text.substring(given, Math.max(given, end));
    given += piece.length();
    List<TokenLogprob> logprobs = new ArrayList<>();
    while (!pendingLogprobs.isEmpty()) {
      PendingLogprob next = pendingLogprobs.peek();
      boolean due = last ? !stopped || next.start() < given : next.end() <= given;
      if (!due) {
        break;
      }
      logprobs.add(pendingLogprobs.remove().logprob());
    }
    return piece.isEmpty() && logprobs.isEmpty()
        ? Optional.empty()
        : Optional.of(new TextDelta(piece, logprobs));
  }
}
