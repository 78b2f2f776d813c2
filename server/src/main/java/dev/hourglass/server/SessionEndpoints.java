package dev.hourglass.server;

import dev.hourglass.core.Answer;
import dev.hourglass.core.Refusal;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.Sessions.Caller;
import dev.hourglass.core.Sessions.Created;
import dev.hourglass.core.Sessions.NewSession;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionSnapshot;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.protocol.request.CreateSessionRequest;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.request.RequestParser;
import dev.hourglass.protocol.response.DestructionReport;
import dev.hourglass.protocol.response.SessionCreated;
import dev.hourglass.protocol.response.SessionDescription;
import dev.hourglass.protocol.response.SessionPage;
import dev.hourglass.protocol.response.SessionPage.KvMemory;
import dev.hourglass.protocol.response.TranscriptMessage;
import dev.hourglass.server.BlockingWork.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The life of sessions over HTTP: create, look, read, destroy, and the receipt. */
final class SessionEndpoints {
  private static final int LARGEST_PAGE = 1_000;
  private static final Duration OCCUPANCY_WAIT = Duration.ofMillis(500);

  private final Sessions sessions;
  private final EngineDirectory engines;
  private final RetentionView retention;
  private final ActivityWatch activity;
  private final RequestParser parser;
  private final BlockingWork blocking;
  private final Duration destructionWait;

  SessionEndpoints(
      Sessions sessions,
      EngineDirectory engines,
      RetentionView retention,
      ActivityWatch activity,
      RequestParser parser,
      BlockingWork blocking,
      Duration destructionWait) {
    this.sessions = sessions;
    this.engines = engines;
    this.retention = retention;
    this.activity = activity;
    this.parser = parser;
    this.blocking = blocking;
    this.destructionWait = destructionWait;
  }

  /** {@code POST /v1/sessions}. */
  void create(Exchange exchange) {
    exchange.readBody(body -> {
      CreateSessionRequest request;
      try {
        request = parser.createSession(body);
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
        return;
      }
      blocking.answer(exchange, () -> create(exchange, request));
    });
  }

  private Reply create(Exchange exchange, CreateSessionRequest request) {
    NewSession wanted =
        new NewSession(
            request.model(),
            request.ttlSeconds() == null ? null : Duration.ofSeconds(request.ttlSeconds()),
            request.metadata(),
            CoreTerms.messages(request.messages()));
    return switch (sessions.create(exchange.tenant(), wanted)) {
      case Answer.Given<Created>(Created(var session, var token, var contextTtl)) ->
          answered -> {
            answered.setHeader("Location", address(session.id()));
            answered.setHeader("X-Session-Id", session.id().value());
            answered.sendJson(
                201,
                new SessionCreated(
                        session.id().value(),
                        token.reveal(),
                        session.createdAt(),
                        contextTtl,
                        session.state().wireName(),
                        session.model())
                    .toJson());
          };
      case Answer.Refused<Created>(Refusal refusal) -> refused(exchange, refusal);
    };
  }

  /** {@code GET /v1/sessions}. */
  void list(Exchange exchange) {
    blocking.answer(
        exchange,
        () -> {
          List<SessionSnapshot> all = sessions.list(exchange.tenant());
          Page<SessionSnapshot> page = Page.of(exchange, all, session -> session.id().value());
          List<SessionDescription> described =
              page.items().stream().map(this::description).toList();
          return Reply.json(
              200, new SessionPage(described, page.next(), all.size(), kvMemory()).toJson());
        });
  }

  /** What all engines together hold; {@code null} if one of them cannot tell at the moment. */
  private @Nullable KvMemory kvMemory() throws InterruptedException {
    int used = 0;
    int capacity = 0;
    try {
      for (Engine engine : engines.engines()) {
        KvOccupancy occupancy =
            engine
                .occupancy()
                .toCompletableFuture()
                .get(OCCUPANCY_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        used += occupancy.usedTokens();
        capacity += occupancy.capacityTokens();
      }
    } catch (ExecutionException | TimeoutException unknown) {
      return null;
    }
    return new KvMemory(used, capacity);
  }

  /** {@code GET /v1/sessions/{session_id}}. */
  void find(Exchange exchange) {
    withSession(
        exchange,
        (caller, id) ->
            switch (sessions.find(caller, id)) {
              case Answer.Given<SessionSnapshot>(SessionSnapshot session) ->
                  Reply.json(200, description(session).toJson());
              case Answer.Refused<SessionSnapshot>(Refusal refusal) -> refused(exchange, refusal);
            });
  }

  private SessionDescription description(SessionSnapshot session) {
    return CoreTerms.description(session, retention.standing(session), activity);
  }

  /** {@code GET /v1/sessions/{session_id}/messages}. */
  void messages(Exchange exchange) {
    withSession(
        exchange,
        (caller, id) -> {
          int limit = Page.number(exchange, "limit", LARGEST_PAGE, 1, LARGEST_PAGE);
          int afterTurn = Page.number(exchange, "after_turn", -1, -1, Integer.MAX_VALUE);
          return switch (sessions.turns(caller, id)) {
            case Answer.Given<List<TurnRecord>>(List<TurnRecord> turns) ->
                Reply.json(200, page(turns, afterTurn, limit));
            case Answer.Refused<List<TurnRecord>>(Refusal refusal) -> refused(exchange, refusal);
          };
        });
  }

  private static byte[] page(List<TurnRecord> turns, int afterTurn, int limit) {
    List<TurnRecord> rest = turns.stream().filter(turn -> turn.number() > afterTurn).toList();
    List<TurnRecord> page = rest.subList(0, Math.min(limit, rest.size()));
    Integer next = page.size() < rest.size() ? Integer.valueOf(page.getLast().number()) : null;
    return TranscriptMessage.listToJson(
        page.stream().flatMap(turn -> CoreTerms.transcript(turn).stream()).toList(), next);
  }

  /** {@code DELETE /v1/sessions/{session_id}}. */
  void destroy(Exchange exchange) {
    withSession(
        exchange, (caller, id) -> receipt(exchange, id, sessions.destroy(caller, id), true));
  }

  /** {@code GET /v1/sessions/{session_id}/receipt}. */
  void receipt(Exchange exchange) {
    withSession(
        exchange,
        (caller, id) -> receipt(exchange, id, sessions.receipt(caller.tenant(), id), false));
  }

  private Reply receipt(
      Exchange exchange,
      SessionId id,
      Answer<CompletableFuture<DestructionReceipt>> answer,
      boolean wait)
      throws Exception {
    return switch (answer) {
      case Answer.Given<CompletableFuture<DestructionReceipt>>(var receipt) ->
          receipt(id, receipt, wait);
      case Answer.Refused<CompletableFuture<DestructionReceipt>>(Refusal refusal) ->
          refused(exchange, refusal);
    };
  }

  private Reply receipt(SessionId id, CompletableFuture<DestructionReceipt> receipt, boolean wait)
      throws Exception {
    try {
      long millis = wait ? destructionWait.toMillis() : 0;
      DestructionReceipt done = receipt.get(millis, TimeUnit.MILLISECONDS);
      return Reply.json(200, CoreTerms.report(done, sessions.textLeft(id)).toJson());
    } catch (TimeoutException stillUnderWay) {
      String address = address(id) + "/receipt";
      return exchange -> {
        exchange.setHeader("Location", address);
        exchange.setHeader("Retry-After", "1");
        exchange.sendJson(202, DestructionReport.pendingToJson(id.value(), address));
      };
    }
  }

  // --- what they have in common ----------------------------------------------------------------

  private interface SessionWork {
    Reply run(Caller caller, SessionId id) throws Exception;
  }

  private void withSession(Exchange exchange, SessionWork work) {
    Optional<SessionId> id = SessionId.parse(exchange.parameter());
    if (id.isEmpty()) {
      exchange.fail(
          HttpFailure.of(404, "session_not_found", "session: no such id (expected: sess_…)"));
      return;
    }
    Caller caller = new Caller(exchange.tenant(), exchange.sessionToken());
    blocking.answer(exchange, () -> work.run(caller, id.get()));
  }

  private static Reply refused(Exchange exchange, Refusal refusal) {
    return Reply.failure(HttpFailure.of(refusal, exchange.sessionToken() != null));
  }

  private static String address(SessionId id) {
    return "/v1/sessions/" + id.value();
  }
}
