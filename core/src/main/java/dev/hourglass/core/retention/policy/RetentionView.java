package dev.hourglass.core.retention.policy;

import dev.hourglass.core.session.SessionSnapshot;
import java.util.Optional;
import java.util.OptionalDouble;

/** What can be seen of retention. Safe from any thread. */
public interface RetentionView {
  /** The view of a house whose engines decide themselves. */
  RetentionView OF_OTHERS =
      new RetentionView() {
        @Override
        public Standing standing(SessionSnapshot session) {
          return new Standing(
              session.kvTokens(),
              OptionalDouble.empty(),
              "kept or not as the server behind decides, which does not tell");
        }

        @Override
        public Optional<RetentionReport> report() {
          return Optional.empty();
        }
      };

  Standing standing(SessionSnapshot session);

  /** Empty where the engines decide themselves. */
  Optional<RetentionReport> report();
}
