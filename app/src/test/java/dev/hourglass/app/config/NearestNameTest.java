package dev.hourglass.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  @ParameterizedTest
  @CsvSource({
    "port,port,0",
    "prot,port,1",
    "por,port,1",
    "ports,port,1",
    "pork,port,1",
    "'',port,4"
  })
  void countsTheStepsFromOneWordToAnother(String left, String right, int steps) {
    assertThat(NearestName.distance(left, right)).isEqualTo(steps);
    assertThat(NearestName.distance(right, left)).isEqualTo(steps);
  }

  @Test
  void namesNothingThatIsFarOff() {
    assertThat(NearestName.of("xyzzy", List.of("server.port", "log.level"))).isEmpty();
    assertThat(NearestName.of("loglevel", List.of("server.port", "log.level")))
        .contains("log.level");
  }
}
