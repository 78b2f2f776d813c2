package dev.hourglass.app.replay.forecast;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.load.TimerCensus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The sessions of a trace as a gateway sees them: at any tick, which live, and how long each has
 * left. It looks at requests only once they have arrived.
 *
 * <p>Requests of one conversation are one session while the next arrives within {@code idleSeconds}
 * of the last end; it lives until {@code idleSeconds} after its last end.
 */
final class SessionCensus {
  private final List<Trace.Request> requests;
  private final int idleSeconds;
  private final Map<Trace.Conversation, Live> live = new HashMap<>();
  private int next;

  SessionCensus(Trace trace, int idleSeconds) {
    this.requests = trace.requests();
    this.idleSeconds = idleSeconds;
  }

  /** From birth to expiry, each session that the trace has. */
  static List<Presence> lives(Trace trace, int idleSeconds) {
    Map<Trace.Conversation, Presence> current = new HashMap<>();
    List<Presence> over = new ArrayList<>();
    for (Trace.Request request : trace.requests()) {
      Trace.Conversation conversation = request.conversation().orElseThrow();
      double expiry = request.endSeconds() + idleSeconds;
      Presence before = current.get(conversation);
      if (before != null && request.arrivalSeconds() <= before.endSeconds()) {
        expiry = Math.max(expiry, before.endSeconds());
        current.put(conversation, new Presence(before.startSeconds(), expiry));
      } else {
        if (before != null) {
          over.add(before);
        }
        current.put(conversation, new Presence(request.arrivalSeconds(), expiry));
      }
    }
    over.addAll(current.values());
    return over;
  }

  /** What is seen of the sessions that live at {@code second}, from what has arrived until then. */
  TimerCensus at(double second) {
    TimerCensus census = new TimerCensus();
    while (next < requests.size() && requests.get(next).arrivalSeconds() <= second) {
      arrive(requests.get(next));
      next++;
    }
    for (Iterator<Live> sessions = live.values().iterator(); sessions.hasNext(); ) {
      Live session = sessions.next();
      if (session.expirySeconds <= second) {
        sessions.remove();
      } else {
        session.report(second, census);
      }
    }
    return census;
  }

  private void arrive(Trace.Request request) {
    double expiry = request.endSeconds() + idleSeconds;
    Live session = live.get(request.conversation().orElseThrow());
    if (session == null || request.arrivalSeconds() > session.expirySeconds) {
      session = new Live();
      live.put(request.conversation().orElseThrow(), session);
    }
    session.used = true;
    session.expirySeconds = Math.max(session.expirySeconds, expiry);
  }

  private static final class Live {
    private double expirySeconds = Double.NEGATIVE_INFINITY;
    private double remainingSeconds = Double.NaN;
    private boolean used;

    void report(double second, TimerCensus census) {
      double before = remainingSeconds;
      remainingSeconds = expirySeconds - second;
      if (!used) {
        census.kept(remainingSeconds);
      } else if (Double.isNaN(before)) {
        census.opened(remainingSeconds);
      } else {
        census.renewed(before, remainingSeconds);
      }
      used = false;
    }
  }
}
