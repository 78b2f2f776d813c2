package dev.hourglass.engine.llama;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The text behind a resident's tokens: the segments of its prompt and answers, each with the token
 * at which it ends. It lets a follow-up turn find its KV by text, so that a generated answer is
 * reused as it was generated, even where the tokenizer would have cut the same text differently.
 */
final class Trace {
  private final List<Entry> entries;

  /**
   * One segment.
   *
   * @param endToken the number of tokens up to and with this segment
   */
  record Entry(Segment segment, int endToken) {}

  /**
   * How a new prompt continues what is there.
   *
   * @param prefixTokens tokens that stay in place
   * @param resumeToken where, behind a gap, tokens that stay continue; equal to {@code
   *     prefixTokens} without a gap
   * @param endToken where they end
   * @param matched segments of the new prompt that are covered, the last of them perhaps in part
   * @param rest what is new
   */
  record Match(
      int prefixTokens, int resumeToken, int endToken, List<Entry> matched, List<Segment> rest) {}

  Trace() {
    entries = new ArrayList<>();
  }

  Trace(List<Entry> entries) {
    this.entries = new ArrayList<>(entries);
  }

  List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Tokens that have text. */
  int endToken() {
    return entries.isEmpty() ? 0 : entries.getLast().endToken();
  }

  /** Adds what follows; neighbours of one kind become one, as in a rendered prompt. */
  void add(Segment segment, int endToken) {
    if (!entries.isEmpty() && entries.getLast().segment().control() == segment.control()) {
      Segment last = entries.removeLast().segment();
      entries.add(new Entry(last.withText(last.text() + segment.text()), endToken));
    } else {
      entries.add(new Entry(segment, endToken));
    }
  }

  /** Forgets the segments that do not end within the first {@code tokens}. */
  void truncate(int tokens) {
    while (!entries.isEmpty() && entries.getLast().endToken() > tokens) {
      entries.removeLast();
    }
  }

  /** Matches a prompt that begins with everything that is there. */
  Optional<Match> match(List<Segment> prompt) {
    return continues(0, prompt, 0)
        .map(rest -> new Match(endToken(), endToken(), endToken(), entries(), rest));
  }

  /** Matches what is the same at the beginning, and be it nothing. */
  Match matchBeginning(List<Segment> prompt) {
    Optional<Match> all = match(prompt);
    if (all.isPresent()) {
      return all.get();
    }
    int equal = equalEntries(prompt);
    int tokens = endOf(equal);
    return new Match(
        tokens,
        tokens,
        tokens,
        List.copyOf(entries.subList(0, equal)),
        prompt.subList(equal, prompt.size()));
  }

  /**
   * Matches a prompt that has lost something in the middle, and otherwise continues. Where a
   * conversation repeats itself there may be several ways; the longest beginning wins.
   */
  Optional<Match> matchWithGap(List<Segment> prompt) {
    for (int equal = equalEntries(prompt); equal > 0; equal--) {
      for (int resume = equal + 1; resume < entries.size(); resume++) {
        Optional<List<Segment>> rest = continues(resume, prompt, equal);
        if (rest.isPresent()) {
          return Optional.of(withGap(equal, resume, rest.get()));
        }
      }
    }
    return Optional.empty();
  }

  private Match withGap(int equal, int resume, List<Segment> rest) {
    int prefix = endOf(equal);
    int resumeToken = endOf(resume);
    List<Entry> matched = new ArrayList<>(entries.subList(0, equal));
    for (Entry entry : entries.subList(resume, entries.size())) {
      matched.add(new Entry(entry.segment(), entry.endToken() - (resumeToken - prefix)));
    }
    return new Match(prefix, resumeToken, endToken(), matched, rest);
  }

  private int equalEntries(List<Segment> prompt) {
    int equal = 0;
    while (equal < entries.size()
        && equal < prompt.size()
        && entries.get(equal).segment().equals(prompt.get(equal))) {
      equal++;
    }
    return equal;
  }

  private int endOf(int count) {
    return count == 0 ? 0 : entries.get(count - 1).endToken();
  }

  /** What follows in the prompt, if from {@code promptFrom} on it repeats the entries. */
  private Optional<List<Segment>> continues(int entryFrom, List<Segment> prompt, int promptFrom) {
    int count = entries.size() - entryFrom;
    if (count == 0 || prompt.size() - promptFrom < count) {
      return Optional.empty();
    }
    for (int index = 0; index < count - 1; index++) {
      if (!entries.get(entryFrom + index).segment().equals(prompt.get(promptFrom + index))) {
        return Optional.empty();
      }
    }
    Segment last = entries.getLast().segment();
    Segment its = prompt.get(promptFrom + count - 1);
    if (last.control() != its.control() || !its.text().startsWith(last.text())) {
      return Optional.empty();
    }
    List<Segment> rest = new ArrayList<>();
    if (its.text().length() > last.text().length()) {
      rest.add(its.withText(its.text().substring(last.text().length())));
    }
    rest.addAll(prompt.subList(promptFrom + count, prompt.size()));
    return Optional.of(rest);
  }
}
