package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** llama.cpp's server: slots that are listed, saved, restored and erased; and its lies. */
public final class LlamaDialect extends WordServer {
  private static final int SLOT_TOKENS = 4_096;
  private static final Pattern ID_SLOT = Pattern.compile("\"id_slot\":(\\d{1,3})");
  private static final Pattern SLOT = Pattern.compile("/slots/(\\d{1,3})");
  private static final Pattern ACTION = Pattern.compile("action=([a-z]+)");
  private static final Pattern FILE = Pattern.compile("\"filename\":\"([^\"]*)\"");

  private final List<List<String>> slots = new ArrayList<>();
  private final Map<String, List<String>> files = new HashMap<>();
  private final Set<Lie> lies = EnumSet.noneOf(Lie.class);
  private final boolean acts;

  /** What such servers have been seen to do. */
  public enum Lie {
    /** It says that a slot was erased, and keeps it. */
    ERASES_NOTHING,
    /** It says that a slot was restored, and lists it as it was. */
    RESTORES_NOTHING,
    /** It says that a slot was restored, lists it so, and computes everything anew. */
    RESTORES_IN_VAIN
  }

  private LlamaDialect(String model, int slots, boolean acts) {
    super(model, "llamacpp");
    this.acts = acts;
    for (int i = 0; i < slots; i++) {
      this.slots.add(List.of());
    }
  }

  /** Started with {@code --slot-save-path}. */
  public static LlamaDialect of(String model, int slots) {
    return new LlamaDialect(model, slots, true);
  }

  /** Started without: slots are listed, and that is all. */
  public static LlamaDialect withoutActions(String model, int slots) {
    return new LlamaDialect(model, slots, false);
  }

  public synchronized void lies(Lie lie) {
    lies.add(lie);
  }

  /** How many tokens a slot really holds. */
  public synchronized int held(int slot) {
    return slots.get(slot).size();
  }

  /** How many tokens are in all files together. */
  public synchronized int filed() {
    return files.values().stream().mapToInt(List::size).sum();
  }

  @Override
  protected KvState stateFor(Request request, List<String> prompt) {
    int slot = number(ID_SLOT, request.body(), 0) % slots.size();
    return new KvState() {
      @Override
      public List<String> before() {
        return slots.get(slot).contains(VAIN) ? List.of() : slots.get(slot);
      }

      @Override
      public void after(List<String> tokens) {
        slots.set(slot, tokens);
      }
    };
  }

  /** Stands in a slot for state that is of no use. */
  private static final String VAIN = "<vain>";

  @Override
  protected UpstreamScript special(Request request, String path) {
    if (path.equals("/slots")) {
      return json(list());
    }
    if (!path.startsWith("/slots/")) {
      return super.special(request, path);
    }
    return acts
        ? act(request)
        : UpstreamScript.answers(
            501,
            "application/json",
            "{\"error\":{\"message\":\"Start it with `--slot-save-path`\"}}");
  }

  private String list() {
    List<String> listed = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      listed.add(
          "{\"id\":%d,\"n_ctx\":%d,\"is_processing\":false,\"n_prompt_tokens\":%d}"
              .formatted(i, SLOT_TOKENS, slots.get(i).size()));
    }
    return "[" + String.join(",", listed) + "]";
  }

  private UpstreamScript act(Request request) {
    int slot = number(SLOT, request.path(), 0) % slots.size();
    String file = text(FILE, request.body());
    int held = slots.get(slot).size();
    return switch (text(ACTION, request.path())) {
      case "erase" -> {
        if (!lies.contains(Lie.ERASES_NOTHING)) {
          slots.set(slot, List.of());
        }
        yield json("{\"id_slot\":%d,\"n_erased\":%d}".formatted(slot, held));
      }
      case "save" -> {
        files.put(file, slots.get(slot));
        yield json("{\"id_slot\":%d,\"n_saved\":%d}".formatted(slot, held));
      }
      case "restore" -> restored(slot, files.getOrDefault(file, List.of()));
      default ->
          UpstreamScript.answers(
              400, "application/json", "{\"error\":{\"message\":\"Invalid action\"}}");
    };
  }

  private UpstreamScript restored(int slot, List<String> tokens) {
    if (lies.contains(Lie.RESTORES_IN_VAIN)) {
      slots.set(slot, tokens.stream().map(_ -> VAIN).toList());
    } else if (!lies.contains(Lie.RESTORES_NOTHING)) {
      slots.set(slot, tokens);
    }
    return json("{\"id_slot\":%d,\"n_restored\":%d}".formatted(slot, tokens.size()));
  }
}
