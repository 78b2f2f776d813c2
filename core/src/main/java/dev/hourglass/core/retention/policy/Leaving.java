package dev.hourglass.core.retention.policy;

import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;

/** A state that should leave its tier now although nobody asks for the room. */
public record Leaving(SessionId session, Residency from) {}
