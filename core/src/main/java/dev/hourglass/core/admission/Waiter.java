package dev.hourglass.core.admission;

import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * A turn at its place in line.
 *
 * @param promised whether it comes when it was told to come, so that the hint is on trial
 * @param returning whether its place was kept for it
 * @param body the hash of its request, where it is known by now
 */
record Waiter(
    TenantId tenant,
    Criticality criticality,
    Standing standing,
    long place,
    boolean returning,
    boolean promised,
    @Nullable BodyHash body,
    Applicant applicant,
    Candidate candidate) {
  BodyHash bodyHash() {
    return body == null ? applicant.body().get() : body;
  }
}
