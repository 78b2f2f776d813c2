package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server whose tokens are words and whose model is a function of them: the same prompt gets the
 * same answer, always as long as it may be. An answer of more than a hundred words stays away after
 * the first twenty, until its reader leaves.
 *
 * <p>As it stands it is any server of the OpenAI API, with one cache for all; each kind of server
 * adds what it has of its own.
 */
public class WordServer implements ServerDialect {
  private static final Pattern SALT = Pattern.compile("\"cache_salt\":\"([^\"]*)\"");
  private static final Pattern SAID =
      Pattern.compile("\"role\":\"([a-z]+)\",\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern PROMPT = Pattern.compile("\"prompt\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern MOST = Pattern.compile("\"max_tokens\":(\\d{1,6})");
  private static final int USUAL_ANSWER = 16;
  private static final int LONG_ANSWER = 100;
  private static final int BEFORE_THE_WAIT = 20;

  private final String model;
  private final String owner;
  private final List<List<String>> cached = new ArrayList<>();

  /**
   * Creates a server of one model.
   *
   * @param owner what it says that its models are owned by
   */
  protected WordServer(String model, String owner) {
    this.model = model;
    this.owner = owner;
  }

  /** Any server of the OpenAI API. */
  public static WordServer openAi(String model) {
    return new WordServer(model, "someone");
  }

  @Override
  public synchronized UpstreamScript answer(Request request) {
    String path = request.path().replaceFirst("\\?.*", "");
    return switch (path) {
      case "/v1/models" -> json(models());
      case "/v1/chat/completions", "/v1/completions" -> generate(request);
      default -> special(request, path);
    };
  }

  private String models() {
    return "{\"object\":\"list\",\"data\":[{\"id\":\"%s\",\"owned_by\":\"%s\",\"max_model_len\":4096}]}"
        .formatted(model, owner);
  }

  /** What only this kind of server has. */
  protected UpstreamScript special(Request request, String path) {
    return UpstreamScript.answers(
        404, "application/json", "{\"error\":{\"message\":\"no such path\"}}");
  }

  protected static UpstreamScript json(String body) {
    return UpstreamScript.answers(200, "application/json", body);
  }

  // --- generating ------------------------------------------------------------------------------

  /** The state that a request meets, and leaves. */
  protected interface KvState {
    /** Tokens that are there already. */
    List<String> before();

    void after(List<String> tokens);

    /** Further lines of the answer's head, each with its line end. */
    default String headers() {
      return "";
    }
  }

  /** One cache for everybody: the longest prefix that anything had. */
  protected KvState stateFor(Request request, List<String> prompt) {
    List<String> best =
        cached.stream()
            .max((one, other) -> common(one, prompt) - common(other, prompt))
            .orElse(List.of());
    return new KvState() {
      @Override
      public List<String> before() {
        return best;
      }

      @Override
      public void after(List<String> tokens) {
        cached.add(tokens);
      }
    };
  }

  private UpstreamScript generate(Request request) {
    List<String> prompt = prompt(request.body());
    String salt = takesCacheSalt() ? text(SALT, request.body()) : "";
    if (!salt.isEmpty()) {
      prompt.addFirst(salt);
    }
    KvState state = stateFor(request, prompt);
    int cachedTokens = counted(Math.min(prompt.size() - 1, common(state.before(), prompt)));
    int most = number(MOST, request.body(), USUAL_ANSWER);
    int said = most > LONG_ANSWER ? BEFORE_THE_WAIT : most;
    List<String> tokens = new ArrayList<>(prompt);
    UpstreamScript script = UpstreamScript.streamWith(state.headers());
    boolean plain = request.path().endsWith("/v1/completions");
    if (!plain && !opening().isEmpty()) {
      script = script.then(opening());
    }
    for (int i = 0; i < said; i++) {
      String word = "w" + Math.floorMod(Objects.hash(tokens), 1_000);
      tokens.add(word);
      script =
          script.then(plain ? UpstreamScript.writes(word + " ") : UpstreamScript.says(word + " "));
    }
    state.after(List.copyOf(tokens));
    if (said < most) {
      return script.thenAwaits(new CountDownLatch(1));
    }
    return script
        .then(
            UpstreamScript.finishes("length")
                + UpstreamScript.usage(prompt.size(), cachedTokens, said)
                + UpstreamScript.done())
        .thenEnds();
  }

  /** What a chat stream begins with, before any text; may be empty. */
  protected String opening() {
    return "";
  }

  /** Whether what is cached is found again only by requests of the same {@code cache_salt}. */
  protected boolean takesCacheSalt() {
    return false;
  }

  /** How many of the cached tokens it finds again and tells of. */
  protected int counted(int cachedTokens) {
    return cachedTokens;
  }

  private static List<String> prompt(String body) {
    List<String> tokens = new ArrayList<>();
    Matcher plain = PROMPT.matcher(body);
    if (plain.find()) {
      tokens.addAll(words(plain.group(1)));
      return tokens;
    }
    for (Matcher said = SAID.matcher(body); said.find(); ) {
      tokens.add("<" + said.group(1) + ">");
      tokens.addAll(words(said.group(2)));
    }
    tokens.add("<assistant>");
    return tokens;
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).toList();
  }

  /** How many tokens two have in common from their beginning. */
  protected static int common(List<String> one, List<String> other) {
    int same = 0;
    while (same < one.size() && same < other.size() && one.get(same).equals(other.get(same))) {
      same++;
    }
    return same;
  }

  /** The last number of this form in a text. */
  protected static int number(Pattern form, String text, int otherwise) {
    int found = otherwise;
    for (Matcher matcher = form.matcher(text); matcher.find(); ) {
      found = Integer.parseInt(matcher.group(1));
    }
    return found;
  }

  /** The last text of this form in a text; empty where there is none. */
  protected static String text(Pattern form, String text) {
    String found = "";
    for (Matcher matcher = form.matcher(text); matcher.find(); ) {
      found = matcher.group(1);
    }
    return found;
  }
}
