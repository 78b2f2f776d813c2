package dev.hourglass.server;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.TurnEnd.TurnTiming;
import dev.hourglass.core.activity.ActivityScore;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.OutputFormat;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TokenLogprob;
import dev.hourglass.core.engine.TokenPiece;
import dev.hourglass.core.reservation.Reservation;
import dev.hourglass.core.reservation.ReservationStatus;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.policy.Standing;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionSnapshot;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.protocol.request.Message;
import dev.hourglass.protocol.request.ResponseFormat;
import dev.hourglass.protocol.request.SamplingParameters;
import dev.hourglass.protocol.response.ActivityDescription;
import dev.hourglass.protocol.response.DestructionReport;
import dev.hourglass.protocol.response.FinishReason;
import dev.hourglass.protocol.response.ReservationDescription;
import dev.hourglass.protocol.response.SessionDescription;
import dev.hourglass.protocol.response.SessionNote;
import dev.hourglass.protocol.response.TokenProbability;
import dev.hourglass.protocol.response.TranscriptMessage;
import dev.hourglass.protocol.response.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The dictionary between the wire's terms and the core's, which know nothing of each other. */
final class CoreTerms {
  private CoreTerms() {}

  // --- inwards ---------------------------------------------------------------------------------

  static List<ChatMessage> messages(List<Message> messages) {
    List<ChatMessage> translated = new ArrayList<>(messages.size());
    for (Message message : messages) {
      translated.add(new ChatMessage(role(message), message.content()));
    }
    return translated;
  }

  private static ChatRole role(Message message) {
    return switch (message.role()) {
      case SYSTEM -> ChatRole.SYSTEM;
      case DEVELOPER -> ChatRole.DEVELOPER;
      case USER -> ChatRole.USER;
      case ASSISTANT -> ChatRole.ASSISTANT;
    };
  }

  static Sampling sampling(SamplingParameters asked) {
    Sampling defaults = Sampling.DEFAULTS;
    return new Sampling(
        orElse(asked.temperature(), defaults.temperature()),
        orElse(asked.topP(), defaults.topP()),
        asked.topK() == null ? defaults.topK() : asked.topK(),
        orElse(asked.minP(), defaults.minP()),
        orElse(asked.frequencyPenalty(), defaults.frequencyPenalty()),
        orElse(asked.presencePenalty(), defaults.presencePenalty()),
        orElse(asked.repeatPenalty(), defaults.repeatPenalty()),
        asked.seed(),
        asked.stop(),
        asked.logitBias(),
        asked.topLogprobs(),
        format(asked.format()));
  }

  private static double orElse(@Nullable Double asked, double otherwise) {
    return asked == null ? otherwise : asked;
  }

  private static OutputFormat format(ResponseFormat format) {
    return switch (format) {
      case ResponseFormat.Text _ -> new OutputFormat.Free();
      case ResponseFormat.JsonObject _ -> new OutputFormat.JsonObject();
      case ResponseFormat.JsonSchema(var schema) -> new OutputFormat.JsonSchema(schema);
      case ResponseFormat.Grammar(var gbnf) -> new OutputFormat.Grammar(gbnf);
    };
  }

  // --- outwards --------------------------------------------------------------------------------

  static FinishReason finishReason(GenerationEnd.FinishReason reason) {
    return switch (reason) {
      case STOP -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
    };
  }

  static Usage usage(GenerationUsage usage) {
    return new Usage(
        usage.prompt().promptTokens(), usage.prompt().cachedTokens(), usage.completionTokens());
  }

  static SessionNote note(@Nullable String sessionId, TurnEnd end) {
    TurnTiming timing = end.timing();
    Residency residency = end.usage().kvTokens() > 0 ? Residency.HOT : Residency.TRANSCRIPT;
    return new SessionNote(
        sessionId,
        timing.untilFirstText() == null ? null : timing.untilFirstText().toMillis(),
        end.usage().kvTokens(),
        end.usage().prompt().compressedMessages(),
        residency.wireName());
  }

  static List<TokenProbability> logprobs(List<TokenLogprob> logprobs) {
    List<TokenProbability> translated = new ArrayList<>(logprobs.size());
    for (TokenLogprob each : logprobs) {
      translated.add(
          new TokenProbability(
              token(each.piece(), each.logprob()),
              each.alternatives().stream()
                  .map(other -> token(other.piece(), other.logprob()))
                  .toList()));
    }
    return translated;
  }

  private static TokenProbability.Token token(TokenPiece piece, double logprob) {
    byte[] bytes = piece.bytes();
    List<Integer> values = new ArrayList<>(bytes.length);
    for (byte each : bytes) {
      values.add(Byte.toUnsignedInt(each));
    }
    return new TokenProbability.Token(piece.text(), values, logprob);
  }

  static SessionDescription description(
      SessionSnapshot session, Standing standing, ActivityWatch watch) {
    return new SessionDescription(
        session.id().value(),
        session.kind().wireName(),
        session.model(),
        session.state().wireName(),
        session.residency().wireName(),
        session.turns(),
        session.kvTokens(),
        session.createdAt(),
        session.lastActive(),
        session.expiresAt(),
        Duration.between(session.lastActive(), session.expiresAt()),
        new SessionDescription.Retention(standing.kvTokens(), standing.why(), standing.prices()),
        session.metadata(),
        session.activity() == null ? null : description(watch.score(session.activity())));
  }

  private static ActivityDescription description(ActivityScore activity) {
    return new ActivityDescription(
        activity.score(),
        activity.density(),
        activity.responsiveness(),
        activity.topicContinuity(),
        activity.topicMeasure().wireName());
  }

  static ReservationDescription description(Reservations.Standing standing) {
    Reservation reservation = standing.reservation();
    boolean held = reservation.status() == ReservationStatus.HELD;
    return new ReservationDescription(
        reservation.key().id().value(),
        reservation.pool(),
        reservation.status().wireName(),
        reservation.window().start(),
        reservation.window().end(),
        reservation.sessions(),
        reservation.createdAt(),
        held ? reservation.statusEndsAt() : null,
        reservation.statusEndsAt(),
        standing.missingSessions(),
        standing.usingSessions(),
        reservation.fence());
  }

  /** The messages of a turn: what was said to the model, then what it said, if anything. */
  static List<TranscriptMessage> transcript(TurnRecord turn) {
    String status = turn.status().name().toLowerCase(Locale.ROOT);
    List<TranscriptMessage> messages = new ArrayList<>(turn.input().size() + 1);
    for (ChatMessage message : turn.input()) {
      messages.add(
          new TranscriptMessage(
              turn.number(), message.role().wireName(), message.content(), status, null));
    }
    if (turn.number() > 0 && (!turn.answer().isEmpty() || turn.finishReason() != null)) {
      messages.add(
          new TranscriptMessage(
              turn.number(),
              ChatRole.ASSISTANT.wireName(),
              turn.answer(),
              status,
              new Usage(turn.promptTokens(), turn.cachedTokens(), turn.completionTokens())));
    }
    return messages;
  }

  /**
   * A receipt as clients see it.
   *
   * @param textLeft whether erased text may still be in the store's files
   */
  static DestructionReport report(DestructionReceipt receipt, boolean textLeft) {
    return new DestructionReport(
        receipt.session().value(),
        receipt.reason().wireName(),
        receipt.startedAt(),
        receipt.stages().stream()
            .map(stage ->
                new DestructionReport.Stage(
                    stage.stage().name().toLowerCase(Locale.ROOT),
                    stage.outcome().name().toLowerCase(Locale.ROOT),
                    stage.took()))
            .toList(),
        switch (receipt.residue()) {
          case Residue.Counted(int kvTokens) -> kvTokens;
          case Residue.Unknown _ -> null;
        },
        textLeft);
  }
}
