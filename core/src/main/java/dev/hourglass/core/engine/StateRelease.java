package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import java.time.Duration;

/**
 * What an engine did when it let an idle session's state go by itself, not because the session
 * ended.
 *
 * @param asked whether somebody asked for it ({@link Engine#makeRoom}); otherwise others needed the
 *     room
 * @param kvTokens that the session held
 * @param leftTokens counted in the engine's cells afterwards
 * @param took all of it, with what a tier below copied
 */
public record StateRelease(
    SessionId session, boolean asked, int kvTokens, int leftTokens, Duration took) {}
