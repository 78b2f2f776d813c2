package dev.hourglass.core.engine;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A request as its client sent it, for an engine that speaks the client's own protocol. The house
 * carries it and does not look inside.
 *
 * @param json the body; read without moving its position
 * @param modelFrom where the value of {@code model} begins in it; -1 where it is left out
 * @param modelTo where that value ends, exclusive
 * @param streamed whether the answer is to come as server-sent events
 * @param options whether the client says how its stream is to be ({@code stream_options})
 * @param usageAsked whether it wants the usage at the end of the stream
 * @param cacheSalt what the client keeps its prefixes apart by ({@code cache_salt}); {@code null}
 *     where by nothing
 * @param model the name that the engine's server knows the model by; {@code null} leaves the
 *     client's own
 */
public record OriginalRequest(
    ByteBuffer json,
    int modelFrom,
    int modelTo,
    boolean streamed,
    boolean options,
    boolean usageAsked,
    @Nullable String cacheSalt,
    @Nullable String model) {}
