package dev.hourglass.engine.llama;

import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.engine.llama.NativeModel.RenderedMessage;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;

/**
 * Renders conversations through the model's chat template without ever showing it their text.
 *
 * <p>The template gets placeholders in place of the messages' contents: a random word that nobody
 * can guess, and the message's index. What it returns is split around them, so that the template's
 * own words and the messages' stay apart, and only the former may become control tokens. Templates
 * that trim what they are given are found out once, with contents that begin and end in a space;
 * for these the contents are trimmed here.
 */
final class ChatRenderer {
  private static final String FALLBACK = "chatml";
  private static final String END = "z";

  private final NativeModel model;
  private final String template;
  private final String marker;
  private final boolean trims;

  ChatRenderer(NativeModel model, RandomGenerator secureRandom, Logger log) {
    this.model = model;
    byte[] secret = new byte[16];
    secureRandom.nextBytes(secret);
    marker = "q" + HexFormat.of().formatHex(secret) + "x";
    template = recognised(log);
    trims = detectTrimming();
  }

  /** The segments of the conversation, with the opening of the answer at the end. */
  List<Segment> render(List<ChatMessage> messages) {
    List<RenderedMessage> masked = new ArrayList<>(messages.size());
    for (int index = 0; index < messages.size(); index++) {
      masked.add(new RenderedMessage(role(messages.get(index).role()), marker + index + END));
    }
    String rendered =
        model
            .applyTemplate(template, masked)
            .orElseThrow(() -> new IllegalStateException("the chat template failed"));
    return split(rendered, messages);
  }

  private List<Segment> split(String rendered, List<ChatMessage> messages) {
    SegmentsBuilder segments = new SegmentsBuilder();
    int position = 0;
    while (true) {
      int found = rendered.indexOf(marker, position);
      if (found < 0) {
        segments.add(rendered.substring(position), true);
        return segments.build();
      }
      segments.add(rendered.substring(position, found), true);
      int end = rendered.indexOf(END, found + marker.length());
      int index = Integer.parseInt(rendered, found + marker.length(), end, 10);
      String content = messages.get(index).content();
      segments.add(trims ? content.strip() : content, false);
      position = end + END.length();
    }
  }

  private String recognised(Logger log) {
    Optional<String> own = model.chatTemplate();
    List<RenderedMessage> probe = List.of(new RenderedMessage("user", "probe"));
    if (own.isPresent() && model.applyTemplate(own.get(), probe).isPresent()) {
      return own.get();
    }
    log.warn(
        "The model's chat template is {}; conversations are rendered as ChatML instead.",
        own.isPresent() ? "not known to llama.cpp " + LlamaLibrary.BUILD : "missing");
    return FALLBACK;
  }

  private boolean detectTrimming() {
    String rendered =
        model
            .applyTemplate(template, List.of(new RenderedMessage("user", " " + marker + " ")))
            .orElse("");
    return !rendered.contains(" " + marker + " ");
  }

  private static String role(ChatRole role) {
    return switch (role) {
      case SYSTEM, DEVELOPER -> "system";
      case USER -> "user";
      case ASSISTANT -> "assistant";
    };
  }

  /** Joins neighbours of one kind and leaves out what is empty. */
  static final class SegmentsBuilder {
    private final List<Segment> segments = new ArrayList<>();

    void add(String text, boolean control) {
      if (text.isEmpty()) {
        return;
      }
      if (!segments.isEmpty() && segments.getLast().control() == control) {
        Segment last = segments.removeLast();
        segments.add(last.withText(last.text() + text));
      } else {
        segments.add(new Segment(text, control));
      }
    }

    List<Segment> build() {
      return List.copyOf(segments);
    }
  }
}
