package dev.hourglass.core.session;

import org.jspecify.annotations.Nullable;

/**
 * Implicit sessions in the order of their last use: a doubly linked list whose links lie in the
 * sessions themselves, so that a place costs no memory of its own. Not thread-safe.
 */
final class UseOrder {
  private @Nullable Session oldest;
  private @Nullable Session newest;
  private int size;

  int size() {
    return size;
  }

  @Nullable Session oldest() {
    return oldest;
  }

  /** Whether the session has a place. */
  boolean contains(Session session) {
    return session == oldest || links(session).older != null;
  }

  /** Gives a session that has no place the newest one. */
  void add(Session session) {
    links(session).older = newest;
    if (newest == null) {
      oldest = session;
    } else {
      links(newest).newer = session;
    }
    newest = session;
    size++;
  }

  /** Takes a session's place away, if it has one. */
  void remove(Session session) {
    if (!contains(session)) {
      return;
    }
    History links = links(session);
    if (links.older == null) {
      oldest = links.newer;
    } else {
      links(links.older).newer = links.newer;
    }
    if (links.newer == null) {
      newest = links.older;
    } else {
      links(links.newer).older = links.older;
    }
    links.older = null;
    links.newer = null;
    size--;
  }

  private static History links(Session session) {
    return session.history();
  }
}
