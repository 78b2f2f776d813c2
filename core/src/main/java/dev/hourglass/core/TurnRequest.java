package dev.hourglass.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hourglass.core.admission.BodyHash;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A turn that a client wants.
 *
 * @param model {@code null} for the default one, or the session's
 * @param maxTokens the most tokens to generate; {@code null} up to the end of the context
 * @param original the client's own request, for an engine that relays it; {@code null} elsewhere
 */
public record TurnRequest(
    TenantId tenant,
    Input input,
    @Nullable String model,
    Sampling sampling,
    @Nullable Integer maxTokens,
    @Nullable OriginalRequest original,
    Entry entry) {

  /** A turn that is put in form by its engine, and says nothing of how it wants to get in. */
  public TurnRequest(
      TenantId tenant,
      Input input,
      @Nullable String model,
      Sampling sampling,
      @Nullable Integer maxTokens) {
    this(
        tenant,
        input,
        model,
        sampling,
        maxTokens,
        null,
        Entry.standard(() -> BodyHash.of(input.toString().getBytes(UTF_8))));
  }

  /**
   * How the turn wants to get in.
   *
   * @param ticket that keeps its place; {@code null} for none
   * @param resent whether the client says that it sends the request again
   * @param reservation active, and of the same tenant; {@code null} for none
   * @param hops gateways like this one that it came through
   * @param body recognises the turn when it is sent again; asked for only in a crowd
   */
  public record Entry(
      Criticality criticality,
      @Nullable String ticket,
      boolean resent,
      @Nullable ReservationKey reservation,
      int hops,
      Supplier<BodyHash> body) {
    /** Whether the turn was here before, as far as its client says. */
    boolean comesBack() {
      return ticket != null || resent;
    }

    static Entry standard(Supplier<BodyHash> body) {
      return new Entry(Criticality.STANDARD, null, false, null, 0, body);
    }
  }

  /** What the turn is about. */
  public sealed interface Input {
    /** A whole conversation, as plain OpenAI clients send it; its session is recognised. */
    record Conversation(List<ChatMessage> messages) implements Input {
      public Conversation {
        messages = List.copyOf(messages);
      }
    }

    /**
     * New messages for the session that the token opens.
     *
     * @param retryKey {@code null} where the client gave nothing to recognise a retry by
     * @param replay which recorded turn with this key is answered from the record
     */
    record Continuation(
        SessionToken token, List<ChatMessage> messages, @Nullable RetryKey retryKey, Replay replay)
        implements Input {
      public Continuation {
        messages = List.copyOf(messages);
      }

      /** Which recorded turn a retry key may stand for. */
      public enum Replay {
        /** None: it is a first attempt, whose key serves later ones. */
        NEVER,
        /** The session's last turn: a key made of the words alone says no more. */
        LAST_TURN,
        /** Any turn: the client vouches that the key is its own. */
        ANY_TURN
      }
    }

    /** A text to go on with, outside any conversation. */
    record Completion(String text) implements Input {}
  }
}
