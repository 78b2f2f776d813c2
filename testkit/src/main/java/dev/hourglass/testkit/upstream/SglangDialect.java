package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** SGLang: one cache for all; with sessions enabled, state is tagged with them. */
public final class SglangDialect extends WordServer {
  private static final Pattern SESSION = Pattern.compile("\"session_id\":\"([^\"]*)\"");

  private final boolean sessions;
  private final Set<String> open = new LinkedHashSet<>();
  private final Set<String> tagged = new LinkedHashSet<>();

  private SglangDialect(String model, boolean sessions) {
    super(model, "sglang");
    this.sessions = sessions;
  }

  /**
   * A server of one model.
   *
   * @param sessions whether it was started with {@code --enable-session-radix-cache}
   */
  public static SglangDialect of(String model, boolean sessions) {
    return new SglangDialect(model, sessions);
  }

  /** Sessions that are open there. */
  public synchronized Set<String> open() {
    return Set.copyOf(open);
  }

  /** Sessions that requests belonged to. */
  public synchronized Set<String> tagged() {
    return Set.copyOf(tagged);
  }

  @Override
  public synchronized UpstreamScript answer(Request request) {
    String session = text(SESSION, request.body());
    if (request.path().endsWith("/completions") && !session.isEmpty()) {
      tagged.add(session);
    }
    return super.answer(request);
  }

  @Override
  protected boolean takesCacheSalt() {
    return true;
  }

  @Override
  protected UpstreamScript special(Request request, String path) {
    String session = text(SESSION, request.body());
    return switch (path) {
      case "/get_server_info" -> json("{\"enable_session_radix_cache\":" + sessions + "}");
      case "/open_session" -> {
        open.add(session);
        yield json('"' + session + '"');
      }
      case "/close_session" -> {
        open.remove(session);
        yield UpstreamScript.answers(200, "text/plain", "");
      }
      default -> super.special(request, path);
    };
  }
}
