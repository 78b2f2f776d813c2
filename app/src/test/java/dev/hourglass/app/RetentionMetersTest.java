package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseOrder.IdleResident;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.retention.policy.ReturnCost;
import dev.hourglass.core.retention.policy.TierUse;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetentionMetersTest {
  @Test
  void showsTiersPricesAndWhyStatesWent() {
    LiveRetention retention =
        new LiveRetention(
            new RetentionPolicy.ByValue(),
            new Tiers(1_000, 4, 1_000, 0),
            ReturnCost.ASSUMED,
            Liveliness.UNKNOWN,
            10,
            () -> 0,
            new Random(1));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    RetentionMeters.show(retention, meters);
    SessionId session = SessionId.random(new Random(2));
    retention.note(new Event.SessionCreated(session, SessionKind.EXPLICIT));
    retention.residencyChanged(session, 300);
    retention.second(new TierUse(0.3, OptionalDouble.of(0.5), 0, 0));
    retention.next(List.of(new IdleResident(session, 300, 0)));

    assertThat(meters.scrape())
        .contains("hourglass_retention_watched 1.0")
        .contains("hourglass_retention_fallen_back 0.0")
        .contains("hourglass_retention_decisions_total 1.0")
        .contains("hourglass_retention_kv_tokens{tier=\"hot\"} 300.0")
        .contains("hourglass_retention_expected_share{tier=\"hot\"} 0.5")
        .contains("hourglass_retention_departures_total{reason=\"room\",tier=\"hot\"} 1.0")
        .containsPattern("hourglass_retention_price\\{tier=\"hot\"} [0-9.E-]*[1-9]");
  }
}
