package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;

/**
 * Something that holds resources for sessions outside of the house, and lets them go with them.
 *
 * <p>Hooks are called on threads of their own and may block, within a deadline; then they are
 * interrupted, and the next hook has its turn. They are idempotent: a destruction that is tried
 * again calls again those that failed.
 */
public interface ReleaseHook {
  /** Names the hook in the log; unique among all hooks. */
  String name();

  /** When it is called among the others: the least first. */
  int order();

  /** Lets go what it holds for a session that ends. */
  void sessionEnds(SessionId session, TenantId tenant, DestructionReason reason) throws Exception;

  /** Lets go everything, since the gateway stops. Also called where sessions are left. */
  default void gatewayStops() throws Exception {}
}
