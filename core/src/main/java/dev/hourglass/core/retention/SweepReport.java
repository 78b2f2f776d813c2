package dev.hourglass.core.retention;

import java.time.Instant;

/**
 * What one sweep found and did.
 *
 * @param expired sessions whose end it began
 * @param putOff expired sessions that wait for a later sweep, since enough are ending
 * @param orphans sessions that held KV state in an engine and were nobody's
 * @param released orphans whose state is proven to be gone
 * @param failed engines that did not answer, and orphans that an engine did not let go; the next
 *     sweep tries again
 * @param lostLeases leases taken back from holders that had forgotten them, since the last sweep
 * @param leakRate of everything that should have been given back since the last sweep, the share
 *     that had to be taken back: 0 to 1
 */
public record SweepReport(
    Instant at,
    int expired,
    int putOff,
    int orphans,
    int released,
    int failed,
    long lostLeases,
    double leakRate) {}
