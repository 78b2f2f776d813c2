package dev.hourglass.verify.concurrency;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.CTestStructure;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * A search among the orders in which threads can meet for one with an answer that no order of
 * asking one thing after the other gives. Scenarios are written down rather than drawn: a few that
 * go to the point find in seconds what hundreds that are drawn may miss.
 *
 * <p>What is under test is built by the first call, not by a constructor: Lincheck counts identity
 * hashes of its own, and within calls only.
 */
final class Interleavings {
  private static final int ORDERS_EACH = 50;

  /** More than any loop has rounds, so that what goes on beyond has come to a standstill. */
  private static final int MOST_ROUNDS = 10_000;

  private final Class<?> shared;
  private final ModelCheckingOptions options;

  private Interleavings(Class<?> shared, Class<?> oneByOne) {
    this.shared = shared;
    options =
        new ModelCheckingOptions()
            .iterations(0)
            .invocationsPerIteration(ORDERS_EACH)
            .loopBound(MOST_ROUNDS)
            .sequentialSpecification(oneByOne)
            // Values, whose making nobody can see.
            .addGuarantee(
                forClasses(
                        SessionId.class.getName(),
                        SessionToken.class.getName(),
                        TenantId.class.getName(),
                        TokenHash.class.getName())
                    .allMethods()
                    .ignore());
  }

  /**
   * A search without scenarios.
   *
   * @param shared is asked by several threads at once
   * @param oneByOne says what may be answered
   */
  static Interleavings of(Class<?> shared, Class<?> oneByOne) {
    return new Interleavings(shared, oneByOne);
  }

  /** Adds a scenario of threads that begin at once; each makes calls such as {@code ask 1, end}. */
  Interleavings meet(String... threads) {
    return after("").thenMeet("", threads);
  }

  /** Begins a scenario with calls that come before its threads. */
  Beginning after(String calls) {
    return new Beginning(calls);
  }

  /** What comes before the threads of a scenario. */
  final class Beginning {
    private final String before;

    private Beginning(String before) {
      this.before = before;
    }

    /**
     * Adds the scenario.
     *
     * @param afterwards calls when all threads are done
     */
    Interleavings thenMeet(String afterwards, String... threads) {
      options.addCustomScenario(
          new ExecutionScenario(
              calls(before),
              Arrays.stream(threads).map(Interleavings.this::calls).toList(),
              calls(afterwards),
              CTestStructure.getFromTestClass(shared).validationFunction));
      return Interleavings.this;
    }
  }

  /** Searches; fails with the order that was found. */
  void check() {
    options.check(shared);
  }

  private List<Actor> calls(String text) {
    return Arrays.stream(text.split(", ")).filter(call -> !call.isEmpty()).map(this::call).toList();
  }

  private Actor call(String text) {
    String[] words = text.split(" ");
    Method called =
        Arrays.stream(shared.getMethods())
            .filter(method -> method.getName().equals(words[0]))
            .findFirst()
            .orElseThrow();
    return new Actor(called, Arrays.stream(words).skip(1).map(Integer::valueOf).toList());
  }
}
