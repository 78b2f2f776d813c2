package dev.hourglass.core.load.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObservedEngineTest {
  @Test
  void everythingThatAnEngineCanDoIsPassedOn() {
    // A method with a default would else be answered for the engine, and nobody would notice.
    List<String> own =
        Arrays.stream(ObservedEngine.class.getDeclaredMethods()).map(Method::getName).toList();
    for (Method method : Engine.class.getMethods()) {
      assertThat(own).contains(method.getName());
    }
  }
}
