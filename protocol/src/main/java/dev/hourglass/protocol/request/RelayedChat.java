package dev.hourglass.protocol.request;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the house must know of a chat request that is passed on as it came.
 *
 * @param model {@code null} for the default one
 * @param modelFrom where the value of {@code model} begins in the body; -1 where it is left out
 * @param modelTo where that value ends, exclusive
 * @param messages all that tells this conversation from others, as text: parts that are no text
 *     stand as they came, and so do tool calls
 * @param stream whether the answer comes as server-sent events
 * @param options whether {@code stream_options} are given
 * @param usageAsked whether they ask for the usage
 * @param maxTokens the most tokens to generate; {@code null} where the client does not say
 * @param cacheSalt what the client keeps its prefixes apart by; {@code null} where by nothing
 */
public record RelayedChat(
    @Nullable String model,
    int modelFrom,
    int modelTo,
    List<Message> messages,
    boolean stream,
    boolean options,
    boolean usageAsked,
    @Nullable Integer maxTokens,
    @Nullable String cacheSalt) {
  public RelayedChat {
    messages = List.copyOf(messages);
  }
}
