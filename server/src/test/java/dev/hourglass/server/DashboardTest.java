package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The Grafana dashboard asks for metrics that there are. */
final class DashboardTest {
  private static final Path DASHBOARD = Path.of("../docs/grafana/hourglass.json");

  @Test
  void everyMetricThatItNamesIsExposed() throws Exception {
    TestHouse house = TestHouse.plan().pooled().start();
    try {
      house.post("/v1/chat/completions", TestHouse.user("hello"));
      house.post(
          "/v1/chat/completions",
          "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
      var session = house.newSession();
      house.delete("/v1/sessions/" + session.get("session_id").asText());
      await()
          .untilAsserted(() -> {
            house.load.second();
            assertThat(names(house.get("/metrics").text()))
                .containsAll(names(Files.readString(DASHBOARD)));
          });
    } finally {
      house.close();
    }
  }

  private static Set<String> names(String text) {
    return Pattern.compile("hourglass_[a-z_]+")
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
