package dev.hourglass.engine.llama;

import dev.hourglass.core.digest.Sha256;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns a prompt into tokens, and finds what of them a resident already holds.
 *
 * <p>A conversation that no longer fits loses its oldest messages, those that instruct the model
 * apart. It loses them in bites: what stays fills three quarters of the room, so that many turns
 * follow before the next bite. Where the context begins is remembered with the resident, and so the
 * turns in between continue the same context.
 */
final class PromptPlanner {
  private static final int TEMPLATE_TOKENS_PER_MESSAGE = 8;

  private final NativeModel model;
  private final ChatRenderer renderer;
  private final int contextTokens;

  PromptPlanner(NativeModel model, ChatRenderer renderer, int contextTokens) {
    this.model = model;
    this.renderer = renderer;
    this.contextTokens = contextTokens;
  }

  /**
   * A prompt, tokenised and matched.
   *
   * @param tokens all of it, in the context's order
   * @param trace its text
   * @param prefixTokens the resident's tokens that stay in place
   * @param resumeToken where the resident's tokens continue behind a gap; {@code prefixTokens}
   *     without one
   * @param endToken the end of the resident's tokens that stay
   * @param left what was left out
   */
  record Plan(
      TokenList tokens,
      Trace trace,
      int prefixTokens,
      int resumeToken,
      int endToken,
      LeftOut left) {}

  /**
   * The messages that no longer are in the context.
   *
   * @param messages how many, those that instruct not counted
   * @param digest over their text, by which a later turn proves to be of the same conversation
   */
  record LeftOut(int messages, String digest) {
    static final LeftOut NOTHING = new LeftOut(0, "");

    boolean covers(List<ChatMessage> conversation) {
      return messages < conversation.size()
          && digest.equals(of(conversation.subList(0, messages)).digest);
    }

    static LeftOut of(List<ChatMessage> messages) {
      if (messages.isEmpty()) {
        return NOTHING;
      }
      MessageDigest digest = Sha256.begin();
      for (ChatMessage message : messages) {
        byte[] content = message.content().getBytes(StandardCharsets.UTF_8);
        digest.update(
            (message.role() + ":" + content.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(content);
      }
      return new LeftOut(messages.size(), HexFormat.of().formatHex(digest.digest()));
    }
  }

  /**
   * Plans a prompt.
   *
   * @param resident what the session itself holds, if anything
   * @param relatives all residents of the same tenant; a conversation that forks off one of theirs
   *     takes its tokens over, so that it can share its cells
   */
  Plan plan(
      Prompt prompt,
      @Nullable Integer maxTokens,
      @Nullable Resident resident,
      List<Resident> relatives)
      throws GenerationRefusedException {
    return switch (prompt) {
      case Prompt.Text text -> planText(text, resident, relatives);
      case Prompt.Chat chat -> planChat(chat.messages(), maxTokens, resident, relatives);
    };
  }

  private Plan planText(Prompt.Text text, @Nullable Resident resident, List<Resident> relatives)
      throws GenerationRefusedException {
    ChatRenderer.SegmentsBuilder segments = new ChatRenderer.SegmentsBuilder();
    segments.add(text.text(), false);
    Plan plan = tokenise(segments.build(), resident, relatives, LeftOut.NOTHING, false);
    if (plan.tokens().size() == 0) {
      throw new GenerationRefusedException(
          EngineFault.Kind.INVALID_PARAMETER, "prompt: no tokens (expected: at least one)");
    }
    requireRoom(plan.tokens().size());
    return plan;
  }

  private Plan planChat(
      List<ChatMessage> messages,
      @Nullable Integer maxTokens,
      @Nullable Resident resident,
      List<Resident> relatives)
      throws GenerationRefusedException {
    int instructing = 0;
    while (instructing < messages.size() && messages.get(instructing).role().instructs()) {
      instructing++;
    }
    List<ChatMessage> instructions = messages.subList(0, instructing);
    List<ChatMessage> conversation = messages.subList(instructing, messages.size());
    LeftOut left = LeftOut.NOTHING;
    if (resident != null && resident.leftOut().covers(conversation)) {
      left = resident.leftOut();
    }
    int quarter = contextTokens / 4;
    int reserve = maxTokens == null ? quarter : Math.min(maxTokens, quarter);
    int room = contextTokens - reserve;
    boolean shortened = false;
    while (true) {
      boolean shortest = conversation.size() - left.messages() <= 1;
      List<ChatMessage> kept = new ArrayList<>(instructions);
      kept.addAll(conversation.subList(left.messages(), conversation.size()));
      if (!obviouslyTooLong(kept)) {
        Plan plan = tokenise(renderer.render(kept), resident, relatives, left, shortened);
        if (plan.tokens().size() <= room) {
          return plan;
        }
        if (shortest) {
          requireRoom(plan.tokens().size());
          return plan;
        }
      } else if (shortest) {
        throw tooLong("more than " + contextTokens);
      }
      left = leaveOutMore(instructions, conversation, left, room);
      shortened = true;
    }
  }

  /** Chooses a later beginning of the context; always leaves out at least one message more. */
  private LeftOut leaveOutMore(
      List<ChatMessage> instructions, List<ChatMessage> conversation, LeftOut left, int room) {
    int wanted = room * 3 / 4;
    int sum = 0;
    for (ChatMessage message : instructions) {
      sum += cost(message);
    }
    int last = conversation.size() - 1;
    int start = last;
    sum += cost(conversation.get(last));
    while (start - 1 > left.messages()) {
      int cost = cost(conversation.get(start - 1));
      if (sum + cost > wanted) {
        break;
      }
      sum += cost;
      start--;
    }
    // A context that begins with an answer would confuse most models: begin with what was asked.
    int question = start;
    while (question < last && conversation.get(question).role() != ChatRole.USER) {
      question++;
    }
    return LeftOut.of(conversation.subList(0, question));
  }

  private int cost(ChatMessage message) {
    if (message.content().length() > (long) model.longestPieceBytes() * contextTokens) {
      return contextTokens + 1;
    }
    return model.tokenize(new Segment(message.content(), false), false).length
        + TEMPLATE_TOKENS_PER_MESSAGE;
  }

  private boolean obviouslyTooLong(List<ChatMessage> messages) {
    long most = (long) model.longestPieceBytes() * contextTokens;
    long length = 0;
    for (ChatMessage message : messages) {
      length += message.content().length();
    }
    return length > most || messages.size() > contextTokens;
  }

  private Plan tokenise(
      List<Segment> segments,
      @Nullable Resident resident,
      List<Resident> relatives,
      LeftOut left,
      boolean shortened)
      throws GenerationRefusedException {
    long length = 0;
    for (Segment segment : segments) {
      length += segment.text().length();
    }
    if (length > (long) model.longestPieceBytes() * contextTokens + 4096) {
      throw tooLong("more than " + contextTokens);
    }
    if (resident != null) {
      Optional<Trace.Match> match =
          resident
              .trace()
              .match(segments)
              .filter(all -> all.endToken() <= trueTokens(resident, left));
      if (match.isEmpty() && shortened) {
        match = resident.trace().matchWithGap(segments);
      }
      if (match.isPresent()) {
        return continuation(resident, match.get(), left);
      }
    }
    TokenList tokens = new TokenList();
    Trace trace = new Trace();
    List<Segment> rest = segments;
    for (Resident relative : relatives) {
      // What moved up behind a gap is not what its tokens say, so it is not passed on.
      Trace.Match same = relative.trace().matchBeginning(segments);
      if (same.endToken() > tokens.size() && same.endToken() <= relative.exactTokens()) {
        tokens = new TokenList();
        tokens.addAll(relative.tokens(), 0, same.endToken());
        trace = new Trace(same.matched());
        rest = same.rest();
      }
    }
    addTokens(rest, tokens, trace);
    int common =
        resident == null
            ? 0
            : Math.min(tokens.commonPrefix(resident.tokens()), trueTokens(resident, left));
    return new Plan(tokens, trace, common, common, common, left);
  }

  /** How many of its tokens a resident may go on with, where the context begins at {@code left}. */
  private static int trueTokens(Resident resident, LeftOut left) {
    return resident.leftOut().equals(left) ? resident.tokens().size() : resident.exactTokens();
  }

  private Plan continuation(Resident resident, Trace.Match match, LeftOut left) {
    TokenList tokens = new TokenList();
    tokens.addAll(resident.tokens(), 0, match.prefixTokens());
    tokens.addAll(resident.tokens(), match.resumeToken(), match.endToken());
    Trace trace = new Trace(match.matched());
    addTokens(match.rest(), tokens, trace);
    return new Plan(
        tokens, trace, match.prefixTokens(), match.resumeToken(), match.endToken(), left);
  }

  private void addTokens(List<Segment> segments, TokenList tokens, Trace trace) {
    for (Segment segment : segments) {
      boolean first = tokens.size() == 0;
      int[] its = model.tokenize(segment, first);
      if (first) {
        model
            .beginOfText()
            .filter(begin -> its.length == 0 || its[0] != begin)
            .ifPresent(tokens::add);
      }
      tokens.addAll(its);
      trace.add(segment, tokens.size());
    }
    if (segments.isEmpty() && tokens.size() == 0) {
      model.beginOfText().ifPresent(tokens::add);
    }
  }

  private void requireRoom(int promptTokens) throws GenerationRefusedException {
    if (promptTokens >= contextTokens) {
      throw tooLong(Integer.toString(promptTokens));
    }
  }

  private GenerationRefusedException tooLong(String promptTokens) {
    return new GenerationRefusedException(
        EngineFault.Kind.PROMPT_TOO_LONG,
        "prompt: "
            + promptTokens
            + " tokens (expected: fewer than the "
            + contextTokens
            + " tokens of the context)");
  }
}
