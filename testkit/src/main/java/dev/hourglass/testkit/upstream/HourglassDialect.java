package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Another Hourglass: it recognises conversations, names their sessions, and gives receipts. */
public final class HourglassDialect extends WordServer {
  private static final String SESSIONS = "/v1/sessions";

  private final Map<String, List<String>> sessions = new HashMap<>();
  private int named;
  private boolean keeps;

  private HourglassDialect(String model) {
    super(model, "hourglass");
  }

  public static HourglassDialect of(String model) {
    return new HourglassDialect(model);
  }

  /** Sessions there. */
  public synchronized int sessions() {
    return sessions.size();
  }

  /** From now on its engine fails to free what it holds, and its receipts say so. */
  public synchronized void keepsKv() {
    keeps = true;
  }

  @Override
  protected KvState stateFor(Request request, List<String> prompt) {
    String id =
        sessions.entrySet().stream()
            .filter(known -> common(known.getValue(), prompt) == known.getValue().size())
            .map(Map.Entry::getKey)
            .findAny()
            .orElseGet(() -> "sess_there%019d".formatted(++named));
    return new KvState() {
      @Override
      public List<String> before() {
        return sessions.getOrDefault(id, List.of());
      }

      @Override
      public void after(List<String> tokens) {
        sessions.put(id, tokens);
      }

      @Override
      public String headers() {
        return "X-Session-Id: " + id + "\r\n";
      }
    };
  }

  @Override
  protected UpstreamScript special(Request request, String path) {
    if (path.equals(SESSIONS)) {
      int used = sessions.values().stream().mapToInt(List::size).sum();
      return json(
          "{\"data\":[],\"kv\":{\"used_tokens\":%d,\"capacity_tokens\":16384}}".formatted(used));
    }
    String id = path.replaceFirst(SESSIONS + "/", "");
    if (!sessions.containsKey(id)) {
      return super.special(request, path);
    }
    if (!request.head().startsWith("DELETE")) {
      return json(
          "{\"session_id\":\"%s\",\"kv_tokens\":%d}".formatted(id, sessions.get(id).size()));
    }
    List<String> held = sessions.remove(id);
    return json(
        "{\"session_id\":\"%s\",\"stages\":[{\"stage\":\"kv\",\"outcome\":\"%s\"}],\"residue\":{\"kv_tokens\":%d}}"
            .formatted(id, keeps ? "failed" : "applied", keeps ? held.size() : 0));
  }
}
