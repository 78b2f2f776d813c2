package dev.hourglass.core.engine;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardingTest {
  /** What has a default is easily forgotten, and then answered without asking anybody. */
  @ParameterizedTest
  @ValueSource(classes = {ForwardingEngine.class, ForwardingSink.class})
  void everythingIsForwarded(Class<?> forwarding) {
    for (Method method : forwarding.getInterfaces()[0].getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        assertThatCode(
                () -> forwarding.getDeclaredMethod(method.getName(), method.getParameterTypes()))
            .as(method.getName())
            .doesNotThrowAnyException();
      }
    }
  }
}
