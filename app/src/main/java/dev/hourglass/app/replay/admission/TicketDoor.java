package dev.hourglass.app.replay.admission;

import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.Applicant;
import dev.hourglass.core.admission.BodyHash;
import dev.hourglass.core.admission.Candidate;
import dev.hourglass.core.admission.CapacityView;
import dev.hourglass.core.admission.Decision;
import dev.hourglass.core.admission.Permit;
import dev.hourglass.core.admission.Rejection;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The gateway's own admission. */
final class TicketDoor implements Door {
  private static final long SEED = 40;
  private static final int HASH_DIGITS = 64;

  private final Admission admission;
  private long bodies;

  TicketDoor(int slots, VirtualTime time) {
    admission =
        new Admission(
            AdmissionSettings.DEFAULTS, CapacityView.of(slots), time, new SplittableRandom(SEED));
  }

  @Override
  public Runnable knock(@Nullable String ticket, Caller caller) {
    // No two bodies are the same: places are kept by tickets alone.
    long number = bodies++;
    Applicant applicant =
        new Applicant(
            TenantId.DEFAULT,
            Criticality.STANDARD,
            Applicant.Standing.NEW_SESSION,
            ticket,
            false,
            () -> new BodyHash(("%0" + HASH_DIGITS + "x").formatted(number)));
    Candidate candidate =
        new Candidate() {
          @Override
          public void admitted(Permit permit) {
            caller.admitted(permit::close);
          }

          @Override
          public void refused(Rejection rejection) {
            caller.refused(rejection);
          }
        };
    return switch (admission.apply(applicant, candidate)) {
      case Decision.Admitted(var permit) -> {
        caller.admitted(permit::close);
        yield () -> {};
      }
      case Decision.Refused(var rejection) -> {
        caller.refused(rejection);
        yield () -> {};
      }
      case Decision.Waits(var place) ->
          () -> {
            boolean _ = place.leave();
          };
    };
  }

  @Override
  public boolean wouldTake() {
    return admission.wouldTake(Criticality.STANDARD);
  }
}
