package dev.hourglass.server;

import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.session.SessionTable;
import java.util.Collection;

/**
 * What answers behind the server, once its model is loaded.
 *
 * @param pools as they are at any time; more may come
 */
public record House(
    Gateway gateway,
    Sessions sessions,
    SessionTable table,
    EngineDirectory engines,
    EventBus events,
    Reservations reservations,
    LoadWatch load,
    RetentionView retention,
    Sweep sweep,
    EmbeddingDesk embeddings,
    Collection<EnginePool> pools) {}
