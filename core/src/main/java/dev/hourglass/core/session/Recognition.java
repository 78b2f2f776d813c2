package dev.hourglass.core.session;

/** How a client finds its session again: by a token, or by the history that it resends. */
sealed interface Recognition permits TokenHash, History {}
