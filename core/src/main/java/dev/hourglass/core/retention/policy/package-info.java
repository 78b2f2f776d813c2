/** Which session's state goes first, tier by tier, and why: the policies of retention, live. */
@NullMarked
package dev.hourglass.core.retention.policy;

import org.jspecify.annotations.NullMarked;
