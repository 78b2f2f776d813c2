package dev.hourglass.server;

import dev.hourglass.core.Gateway;
import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnHandle;
import dev.hourglass.core.TurnRequest;
import dev.hourglass.core.TurnRequest.Entry;
import dev.hourglass.core.TurnRequest.Input;
import dev.hourglass.core.TurnRequest.Input.Continuation.Replay;
import dev.hourglass.core.admission.BodyHash;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.reservation.ReservationId;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationOutcome;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.protocol.request.ChatCompletionRequest;
import dev.hourglass.protocol.request.CompletionRequest;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.request.RelayedChat;
import dev.hourglass.protocol.request.RequestParser;
import dev.hourglass.server.BlockingWork.Reply;
import io.vertx.core.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The data path: chat and plain completions, streamed or whole. */
final class Completions {
  private static final int KEY_CHARACTERS = 255;
  private static final CharSequence RESERVATION = HttpHeaders.createOptimized("X-Reservation");
  private static final CharSequence HOPS = HttpHeaders.createOptimized("X-Hourglass-Hops");
  private static final CharSequence TICKET = HttpHeaders.createOptimized("X-Admission-Ticket");
  private static final CharSequence ATTEMPT =
      HttpHeaders.createOptimized("X-Stainless-Retry-Count");
  private static final Pattern SHORT_NUMBER = Pattern.compile("\\d{1,3}");
  private static final CharSequence PRIORITY = HttpHeaders.createOptimized("X-Priority");

  private final Gateway gateway;
  private final EngineDirectory engines;
  private final Reservations reservations;
  private final RequestParser parser;
  private final BlockingWork blocking;
  private final RandomNames names;
  private final InstantSource clock;

  Completions(
      Gateway gateway,
      EngineDirectory engines,
      Reservations reservations,
      RequestParser parser,
      BlockingWork blocking,
      RandomNames names,
      InstantSource clock) {
    this.gateway = gateway;
    this.engines = engines;
    this.reservations = reservations;
    this.parser = parser;
    this.blocking = blocking;
    this.names = names;
    this.clock = clock;
  }

  /** {@code POST /v1/chat/completions}. */
  void chat(Exchange exchange) {
    exchange.readBody(body -> {
      try {
        Entry entry = entry(exchange, body);
        if (!turnedAway(exchange, entry) && !relayed(exchange, entry, body)) {
          chat(exchange, entry, body, parser.chatCompletion(body));
        }
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
      }
    });
  }

  /**
   * Passes a request on as it came, if it is outside a session and its model's engine is a server
   * that understands it; that server then decides what parameters there are.
   */
  private boolean relayed(Exchange exchange, Entry entry, byte[] body) throws InvalidRequest {
    if (exchange.sessionToken() != null || !engines.relaysAny()) {
      return false;
    }
    RelayedChat request = parser.relayedChat(body);
    if (!engines.relays(request.model())) {
      return false;
    }
    submit(
        exchange,
        new TurnRequest(
            exchange.tenant(),
            new Input.Conversation(CoreTerms.messages(request.messages())),
            request.model(),
            Sampling.DEFAULTS,
            request.maxTokens(),
            new OriginalRequest(
                ByteBuffer.wrap(body),
                request.modelFrom(),
                request.modelTo(),
                request.stream(),
                request.options(),
                request.usageAsked(),
                request.cacheSalt(),
                null),
            entry),
        new RelayedAnswer(exchange, request.stream()));
    return true;
  }

  /** {@code POST /v1/completions}. */
  void plain(Exchange exchange) {
    exchange.readBody(body -> {
      try {
        Entry entry = entry(exchange, body);
        if (!turnedAway(exchange, entry)) {
          plain(exchange, entry, parser.completion(body));
        }
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
      }
    });
  }

  // --- getting in ------------------------------------------------------------------------------

  private static Entry entry(Exchange exchange, byte[] body) throws InvalidRequest {
    return new Entry(
        criticality(exchange),
        exchange.header(TICKET),
        resent(exchange),
        reservation(exchange),
        hops(exchange),
        () -> BodyHash.of(body));
  }

  /** The OpenAI SDKs count their attempts; they come back after 8 s, whatever they are told. */
  private static boolean resent(Exchange exchange) {
    String attempt = exchange.header(ATTEMPT);
    return attempt != null && !attempt.equals("0");
  }

  /** What is no number was not written by a gateway like this one, and counts as none. */
  private static int hops(Exchange exchange) {
    String hops = exchange.header(HOPS);
    return hops != null && SHORT_NUMBER.matcher(hops).matches() ? Integer.parseInt(hops) : 0;
  }

  private static Criticality criticality(Exchange exchange) throws InvalidRequest {
    String name = exchange.header(PRIORITY);
    if (name == null) {
      return Criticality.STANDARD;
    }
    return Criticality.named(name)
        .orElseThrow(() ->
            new InvalidRequest(
                PRIORITY + ": another class (expected: critical, standard or sheddable)",
                PRIORITY.toString(),
                InvalidRequest.Code.INVALID_VALUE));
  }

  /** What would be refused whatever the body says is refused before it is parsed. */
  private boolean turnedAway(Exchange exchange, Entry entry) {
    Optional<Refusal> refusal = gateway.turnAway(exchange.tenant(), entry);
    refusal.ifPresent(refused -> exchange.fail(HttpFailure.of(refused, false)));
    return refusal.isPresent();
  }

  // --- what is asked ---------------------------------------------------------------------------

  private void chat(Exchange exchange, Entry entry, byte[] body, ChatCompletionRequest request)
      throws InvalidRequest {
    SessionToken token = exchange.sessionToken();
    Input input =
        token == null
            ? new Input.Conversation(CoreTerms.messages(request.messages()))
            : continuation(exchange, token, body, request);
    AnswerForm form =
        new AnswerForm(
            AnswerForm.Kind.CHAT,
            names.next("chatcmpl-"),
            clock.instant(),
            request.includeUsage(),
            request.sampling().topLogprobs() != null,
            token != null);
    submit(
        exchange,
        new TurnRequest(
            exchange.tenant(),
            input,
            request.model(),
            CoreTerms.sampling(request.sampling()),
            request.maxTokens(),
            null,
            entry),
        answer(exchange, request.stream(), form));
  }

  private void plain(Exchange exchange, Entry entry, CompletionRequest request) {
    AnswerForm form =
        new AnswerForm(
            AnswerForm.Kind.PLAIN,
            names.next("cmpl-"),
            clock.instant(),
            request.includeUsage(),
            request.sampling().topLogprobs() != null,
            false);
    submit(
        exchange,
        new TurnRequest(
            exchange.tenant(),
            new Input.Completion(request.prompt()),
            request.model(),
            CoreTerms.sampling(request.sampling()),
            request.maxTokens(),
            null,
            entry),
        answer(exchange, request.stream(), form));
  }

  private static TurnResponse.Answer answer(Exchange exchange, boolean stream, AnswerForm form) {
    return stream ? new StreamedAnswer(exchange, form) : new WholeAnswer(exchange, form);
  }

  /**
   * Calls for what the turn has reserved, then submits it. Only the first call of a reservation
   * waits: it is made durable, so that a restart does not take the reservation for unused.
   */
  private void submit(Exchange exchange, TurnRequest request, TurnResponse.Answer answer) {
    ReservationKey reservation = request.entry().reservation();
    if (reservation == null || reservations.isActive(reservation)) {
      submitNow(exchange, request, answer);
      return;
    }
    blocking.answer(
        exchange,
        () ->
            switch (reservations.use(reservation)) {
              case ReservationOutcome.Refused refused -> Reply.failure(HttpFailure.of(refused));
              case ReservationOutcome.Done _,
                  ReservationOutcome.NoRoom _,
                  ReservationOutcome.CapacityIs _,
                  ReservationOutcome.Settled _ ->
                  answered -> submitNow(answered, request, answer);
            });
  }

  private static @Nullable ReservationKey reservation(Exchange exchange) throws InvalidRequest {
    String id = exchange.header(RESERVATION);
    if (id == null) {
      return null;
    }
    return new ReservationKey(
        exchange.tenant(),
        ReservationId.parse(id)
            .orElseThrow(() ->
                new InvalidRequest(
                    RESERVATION
                        + ": no reservation id (expected: "
                        + ReservationId.EXPECTATION
                        + ")",
                    RESERVATION.toString(),
                    InvalidRequest.Code.INVALID_VALUE)));
  }

  private void submitNow(Exchange exchange, TurnRequest request, TurnResponse.Answer answer) {
    TurnHandle turn = gateway.submit(request, new TurnResponse(exchange, answer));
    exchange.onLeave(turn::cancel);
    exchange.flowsFrom(
        new Exchange.Flow() {
          @Override
          public void pause() {
            turn.pause();
          }

          @Override
          public void resume() {
            turn.resume();
          }
        });
  }

  // --- retries ---------------------------------------------------------------------------------

  /**
   * How a turn is recognised that is sent again. A client's own key always may name an earlier
   * attempt. The OpenAI SDKs send none but count their attempts, so the body stands in for a key,
   * and only from the second attempt on is it looked for, in the last turn: the same words twice
   * are two turns.
   */
  private static Input.Continuation continuation(
      Exchange exchange, SessionToken token, byte[] body, ChatCompletionRequest request)
      throws InvalidRequest {
    var messages = CoreTerms.messages(request.messages());
    String key = exchange.header("Idempotency-Key");
    if (key != null) {
      return new Input.Continuation(token, messages, clientsKey(key), Replay.ANY_TURN);
    }
    String attempt = exchange.header(ATTEMPT);
    if (attempt == null) {
      return new Input.Continuation(token, messages, null, Replay.NEVER);
    }
    return new Input.Continuation(
        token, messages, bodyKey(body), attempt.equals("0") ? Replay.NEVER : Replay.LAST_TURN);
  }

  private static RetryKey clientsKey(String key) throws InvalidRequest {
    if (key.isEmpty()
        || key.length() > KEY_CHARACTERS
        || !key.chars().allMatch(character -> character > 0x20 && character < 0x7f)) {
      throw new InvalidRequest(
          "Idempotency-Key: "
              + key.length()
              + " characters (expected: 1 to "
              + KEY_CHARACTERS
              + " visible ASCII characters)",
          "Idempotency-Key",
          InvalidRequest.Code.INVALID_VALUE);
    }
    return new RetryKey(key);
  }

  private static RetryKey bodyKey(byte[] body) {
    return new RetryKey("body-sha256:" + BodyHash.of(body).hex());
  }
}
