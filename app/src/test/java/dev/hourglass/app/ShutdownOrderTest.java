package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.app.ShutdownOrder.Phase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShutdownOrderTest {
  private final ShutdownOrder shutdown = new ShutdownOrder();
  private final List<String> ended = new ArrayList<>();

  @Test
  void endsInTheOrderOfThePhasesAndOnlyOnce() throws InterruptedException {
    shutdown.at(Phase.STORE, () -> ended.add("store"));
    shutdown.at(Phase.LISTENING, () -> ended.add("listening"));
    shutdown.at(Phase.ENGINE, () -> ended.add("engine"));

    shutdown.run();
    shutdown.run();
    shutdown.await();

    assertThat(ended).containsExactly("listening", "engine", "store");
    assertThat(shutdown.isOpen()).isFalse();
  }

  @Test
  void endsEveryPartOfAPhaseInTheOrderTheyCameUp() throws InterruptedException {
    shutdown.at(Phase.BACKGROUND, () -> ended.add("destructions"));
    shutdown.at(Phase.BACKGROUND, () -> ended.add("sweeps"));

    shutdown.run();

    assertThat(ended).containsExactly("destructions", "sweeps");
  }

  @Test
  void goesOnAfterAFailure() throws InterruptedException {
    shutdown.at(
        Phase.TURNS,
        () -> {
          throw new IllegalStateException("stuck");
        });
    shutdown.at(Phase.STORE, () -> ended.add("store"));

    shutdown.run();

    assertThat(ended).containsExactly("store");
  }

  @Test
  void endsAtOnceWhatComesUpTooLate() throws InterruptedException {
    shutdown.run();

    shutdown.at(Phase.ENGINE, () -> ended.add("engine"));

    assertThat(ended).containsExactly("engine");
  }
}
