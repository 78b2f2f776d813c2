package dev.hourglass.protocol.upstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one JSON object of a server's answer says: a chunk of a stream, or the whole answer.
 *
 * @param text of the first choice; empty where it has none
 * @param toolCalls of the first choice, or pieces of them
 * @param choices how many choices the object has
 * @param finishReason {@code null} where the first choice goes on
 * @param usage {@code null} where it does not say
 * @param error the server's error message; {@code null} where there is none
 * @param errorStatus the HTTP status that the error has for its code; 0 where it has none
 */
public record AnswerPiece(
    String text,
    List<ToolCallText> toolCalls,
    int choices,
    @Nullable String finishReason,
    @Nullable UpstreamUsage usage,
    @Nullable String error,
    int errorStatus) {}
