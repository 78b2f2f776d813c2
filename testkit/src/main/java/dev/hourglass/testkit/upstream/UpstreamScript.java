package dev.hourglass.testkit.upstream;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What a {@link ScriptedUpstream} does with one request, byte for byte. */
public final class UpstreamScript {
  private static final String EVENT_STREAM = "text/event-stream";

  private final List<Step> steps;

  private UpstreamScript(List<Step> steps) {
    this.steps = List.copyOf(steps);
  }

  /** One step. */
  sealed interface Step {
    /** Sends bytes; one at a time, each on its way alone, if {@code singly}. */
    record Send(String bytes, boolean singly) implements Step {}

    /** Waits for the gate, or for the client to leave. */
    record Await(CountDownLatch gate) implements Step {}

    /** Ends the connection with a reset. */
    record Reset() implements Step {}

    /** Sends without end, until the client leaves. */
    record Flood(String bytes) implements Step {}
  }

  List<Step> steps() {
    return steps;
  }

  /** A whole answer. */
  public static UpstreamScript answers(int status, String contentType, String body) {
    return answers(status, contentType, body, "");
  }

  /**
   * A whole answer.
   *
   * @param headers further header lines, each with its line end
   */
  public static UpstreamScript answers(
      int status, String contentType, String body, String headers) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return raw(
        "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s"
            .formatted(status, contentType, length, headers, body));
  }

  /** Whatever bytes, not even HTTP. */
  public static UpstreamScript raw(String bytes) {
    return new UpstreamScript(List.of(new Step.Send(bytes, false)));
  }

  /** The head of an event stream; what follows are chunks. */
  public static UpstreamScript stream() {
    return stream(EVENT_STREAM);
  }

  public static UpstreamScript stream(String contentType) {
    return raw(
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
            .formatted(contentType));
  }

  /** A stream that says {@code Hel}, and {@code lo} when the gate opens. */
  public static UpstreamScript streamHaltedBy(CountDownLatch gate) {
    return stream()
        .then(says("Hel"))
        .thenAwaits(gate)
        .then(says("lo") + finishes("stop"))
        .then(done())
        .thenEnds();
  }

  /**
   * The head of an event stream.
   *
   * @param headers further header lines, each with its line end
   */
  static UpstreamScript streamWith(String headers) {
    return raw(
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sTransfer-Encoding: chunked\r\n\r\n"
            .formatted(EVENT_STREAM, headers));
  }

  /** Sends a chunk. */
  public UpstreamScript then(String bytes) {
    int length = bytes.getBytes(StandardCharsets.UTF_8).length;
    return with(new Step.Send(Integer.toHexString(length) + "\r\n" + bytes + "\r\n", false));
  }

  /** Sends a chunk for each byte. */
  public UpstreamScript thenSingly(String bytes) {
    return with(new Step.Send(bytes, true));
  }

  /** Ends the stream in order. */
  public UpstreamScript thenEnds() {
    return with(new Step.Send("0\r\n\r\n", false));
  }

  public UpstreamScript thenAwaits(CountDownLatch gate) {
    return with(new Step.Await(gate));
  }

  public UpstreamScript thenResets() {
    return with(new Step.Reset());
  }

  public UpstreamScript thenFloods(String bytes) {
    return with(new Step.Flood(bytes));
  }

  private UpstreamScript with(Step step) {
    List<Step> longer = new ArrayList<>(steps);
    longer.add(step);
    return new UpstreamScript(longer);
  }

  // --- the dialect -----------------------------------------------------------------------------

  /** The event that begins a chat stream and says nothing yet. */
  static String begins() {
    return chunk(
        "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}");
  }

  /** An event of a chat stream that says a text. */
  public static String says(String text) {
    return chunk("{\"index\":0,\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":null}");
  }

  /** An event of a stream of plain text. */
  static String writes(String text) {
    return chunk("{\"index\":0,\"text\":\"" + text + "\",\"finish_reason\":null}");
  }

  /** The event that ends an answer. */
  public static String finishes(String reason) {
    return chunk("{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}");
  }

  /** The event that tells the usage. */
  public static String usage(int promptTokens, int cachedTokens, int completionTokens) {
    return "data: {\"choices\":[],\"usage\":"
        + usageJson(promptTokens, cachedTokens, completionTokens)
        + "}\n\n";
  }

  /** The last event. */
  public static String done() {
    return "data: [DONE]\n\n";
  }

  /** A whole chat answer. */
  public static String chat(String text, int promptTokens, int completionTokens) {
    return """
    {"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":\
    {"role":"assistant","content":"%s"},"finish_reason":"stop"}],"usage":%s}\
    """
        .formatted(text, usageJson(promptTokens, 0, completionTokens));
  }

  private static String chunk(String choice) {
    return "data: {\"object\":\"chat.completion.chunk\",\"choices\":[" + choice + "]}\n\n";
  }

  private static String usageJson(int promptTokens, int cachedTokens, int completionTokens) {
    return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":%d}}"
        .formatted(promptTokens, completionTokens, cachedTokens);
  }
}
