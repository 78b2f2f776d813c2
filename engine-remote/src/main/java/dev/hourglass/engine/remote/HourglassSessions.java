package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of another Hourglass.
 *
 * <p>It recognises a conversation from the history that it is sent, and names the session that
 * holds its KV state in each answer. That name is kept here: what the session holds is read there,
 * and a release destroys it there, with a receipt that says what came of the KV state and what is
 * left. The transcript is here alone, so the next turn makes a new session there.
 */
final class HourglassSessions implements KvControl {
  private static final String SESSIONS = "/v1/sessions";
  private static final int MOST_KNOWN = 1_000_000;
  private static final int MOST_REMAINS = 10_000;
  private static final Duration RECEIPT_PAUSE = Duration.ofMillis(250);
  private static final int RECEIPT_TRIES = 40;

  private final RemoteEndpoint endpoint;

  // Guarded by this. A session there belongs to one session here at most.
  private final LinkedHashMap<SessionId, Held> known = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<SessionId, SessionId> holders = new HashMap<>();

  /** What receipts said of sessions that are gone; the oldest go. */
  private final LinkedHashMap<SessionId, Residue> remains = new LinkedHashMap<>();

  /** A session there, and what it holds as far as is known. */
  private record Held(SessionId there, int kvTokens) {}

  private HourglassSessions(RemoteEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** Looks whether sessions can be listed there; fails where they cannot. */
  static Future<KvControl> open(RemoteEndpoint endpoint) {
    return ServerLook.object(endpoint, SESSIONS + "?limit=1")
        .map(_ -> new HourglassSessions(endpoint));
  }

  // --- generations -----------------------------------------------------------------------------

  @Override
  public CompletableFuture<Arrival> arrive(GenerationRequest request, ResidencyListener residency) {
    return CompletableFuture.completedFuture(new Arrival.Stays(new Visit(request)));
  }

  private final class Visit implements Stay {
    private final GenerationRequest request;
    private @Nullable SessionId there;

    private Visit(GenerationRequest request) {
      this.request = request;
    }

    @Override
    public void answered(MultiMap headers) {
      String named = headers.get("X-Session-Id");
      there = named == null ? null : SessionId.parse(named).orElse(null);
      if (there != null) {
        note(request.session(), there).ifPresent(other -> destroy(other));
      }
    }

    @Override
    public CompletionStage<Integer> end(GenerationEnd end) {
      SessionId session = there;
      if (session == null) {
        return KvControl.Stay.ANYWHERE.end(end);
      }
      if (!request.retain()) {
        return release(request.session()).thenApply(_ -> 0);
      }
      return kvTokens(session)
          .map(kvTokens -> {
            learned(request.session(), session, kvTokens);
            return kvTokens;
          })
          .otherwise(0)
          .toCompletionStage();
    }
  }

  /** The session's state is there now; answers where else it was, which is of no use any more. */
  private synchronized Optional<SessionId> note(SessionId session, SessionId there) {
    SessionId before = holders.put(there, session);
    if (before != null && !before.equals(session)) {
      known.remove(before);
    }
    remains.remove(session);
    Held earlier = known.put(session, new Held(there, 0));
    if (known.size() > MOST_KNOWN) {
      Held oldest = known.remove(known.keySet().iterator().next());
      if (oldest != null) {
        holders.remove(oldest.there());
        return Optional.of(oldest.there());
      }
    }
    if (earlier == null || earlier.there().equals(there)) {
      return Optional.empty();
    }
    holders.remove(earlier.there());
    return Optional.of(earlier.there());
  }

  private synchronized void learned(SessionId session, SessionId there, int kvTokens) {
    Held held = known.get(session);
    if (held != null && held.there().equals(there)) {
      known.put(session, new Held(there, kvTokens));
    }
  }

  private synchronized @Nullable Held heldBy(SessionId session) {
    return known.get(session);
  }

  /** What a session there holds; nothing where it is not known there. */
  private Future<Integer> kvTokens(SessionId there) {
    return endpoint
        .ask(HttpMethod.GET, address(there))
        .compose(reply ->
            switch (reply.status()) {
              case 200 -> Future.succeededFuture(ServerReply.count(reply.object(), "kv_tokens"));
              case 404 -> Future.succeededFuture(0);
              default -> Future.failedFuture("status " + reply.status());
            });
  }

  private static String address(SessionId there) {
    return SESSIONS + "/" + there.value();
  }

  // --- release ---------------------------------------------------------------------------------

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    Held held = heldBy(session);
    if (held == null) {
      return CompletableFuture.completedFuture(new KvOutcome.Applied(0));
    }
    return destroy(held.there())
        .map(receipt -> settled(session, held, receipt))
        .otherwise(failure -> new KvOutcome.Failed("the other Hourglass: " + failure.getMessage()))
        .toCompletionStage();
  }

  private Future<JsonObject> destroy(SessionId there) {
    return endpoint
        .ask(HttpMethod.DELETE, address(there))
        .compose(reply -> receipt(there, reply, RECEIPT_TRIES));
  }

  /** Waits for a receipt that takes its time. */
  private Future<JsonObject> receipt(SessionId there, ServerReply reply, int triesLeft) {
    if (reply.status() == 404) {
      return Future.succeededFuture(new JsonObject());
    }
    if (reply.status() == 202 && triesLeft > 0) {
      Promise<JsonObject> receipt = Promise.promise();
      endpoint.later(
          RECEIPT_PAUSE,
          () ->
              endpoint
                  .ask(HttpMethod.GET, address(there) + "/receipt")
                  .compose(next -> receipt(there, next, triesLeft - 1))
                  .onComplete(receipt));
      return receipt.future();
    }
    return reply.isOk()
        ? Future.succeededFuture(reply.object())
        : Future.failedFuture("no receipt, status " + reply.status());
  }

  /** What the receipt says of the KV state; one that says nothing is of a session long gone. */
  private KvOutcome settled(SessionId session, Held held, JsonObject receipt) {
    String outcome = receipt.isEmpty() ? "applied" : kvStage(receipt);
    Residue residue =
        receipt.isEmpty()
            ? new Residue.Counted(0)
            : ServerReply.object(receipt, "residue").getValue("kv_tokens") instanceof Number left
                ? new Residue.Counted(left.intValue())
                : new Residue.Unknown();
    synchronized (this) {
      Held now = known.get(session);
      // A turn may have begun another session there meanwhile.
      if (now != null && now.there().equals(held.there())) {
        known.remove(session);
      }
      holders.remove(held.there(), session);
      remains.put(session, residue);
      if (remains.size() > MOST_REMAINS) {
        remains.remove(remains.keySet().iterator().next());
      }
    }
    return switch (outcome) {
      case "applied" -> new KvOutcome.Applied(held.kvTokens());
      case "unsupported" -> new KvOutcome.Unsupported();
      default -> new KvOutcome.Failed("the other Hourglass could not free it: " + outcome);
    };
  }

  private static String kvStage(JsonObject receipt) {
    if (receipt.getValue("stages") instanceof JsonArray stages) {
      for (Object stage : stages) {
        if (stage instanceof JsonObject said && ServerReply.text(said, "stage").equals("kv")) {
          return ServerReply.text(said, "outcome");
        }
      }
    }
    return "no stage of the receipt tells";
  }

  // --- what it holds ---------------------------------------------------------------------------

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    Held held = heldBy(session);
    if (held != null) {
      return kvTokens(held.there())
          .<Residue>map(Residue.Counted::new)
          .otherwise(new Residue.Unknown())
          .toCompletionStage();
    }
    synchronized (this) {
      return CompletableFuture.completedFuture(
          remains.getOrDefault(session, new Residue.Counted(0)));
    }
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    Map<SessionId, Integer> sessions = new HashMap<>();
    synchronized (this) {
      known.forEach((session, held) -> sessions.put(session, held.kvTokens()));
    }
    return ServerLook.object(endpoint, SESSIONS + "?limit=1")
        .map(page -> ServerReply.object(page, "kv"))
        .map(kv ->
            new KvOccupancy(
                ServerReply.count(kv, "used_tokens"),
                ServerReply.count(kv, "capacity_tokens"),
                sessions))
        .otherwise(new KvOccupancy(0, 0, sessions))
        .toCompletionStage();
  }
}
