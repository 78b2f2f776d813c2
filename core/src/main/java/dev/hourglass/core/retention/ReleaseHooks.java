package dev.hourglass.core.retention;

import dev.hourglass.core.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All release hooks in their order. One that throws or hangs does not keep the others from being
 * called; one that hangs in {@value #MOST_HANGING} calls at once is not called again until one of
 * them returns.
 */
public final class ReleaseHooks {
  private static final Logger log = LoggerFactory.getLogger(ReleaseHooks.class);
  private static final int MOST_HANGING = 64;

  private final List<Guarded> hooks;
  private final Duration deadline;
  private final Executor threads;

  /**
   * Puts hooks in order.
   *
   * @param hooks with names that differ
   * @param deadline for one call of one hook
   * @param threads runs each call; a virtual thread each
   */
  public ReleaseHooks(List<ReleaseHook> hooks, Duration deadline, Executor threads) {
    Set<String> names = new HashSet<>();
    for (ReleaseHook hook : hooks) {
      if (!names.add(hook.name())) {
        throw new IllegalArgumentException("hook: " + hook.name() + " (expected: once)");
      }
    }
    this.hooks =
        hooks.stream()
            .sorted(Comparator.comparingInt(ReleaseHook::order))
            .map(hook -> new Guarded(hook, new Semaphore(MOST_HANGING)))
            .toList();
    this.deadline = deadline;
    this.threads = threads;
  }

  /** A house without hooks. */
  public static ReleaseHooks none() {
    return new ReleaseHooks(List.of(), Duration.ZERO, Runnable::run);
  }

  /** A hook, and how often it may be inside at once. */
  private record Guarded(ReleaseHook hook, Semaphore calls) {}

  /** What is asked of a hook. */
  @FunctionalInterface
  private interface Call {
    void make(ReleaseHook hook) throws Exception;
  }

  /** Names of all hooks, in their order. */
  List<String> names() {
    return hooks.stream().map(guarded -> guarded.hook.name()).toList();
  }

  /**
   * Calls those that have not let go of the session yet. Blocks, for the deadline of each hook at
   * most.
   *
   * @param done names of hooks that have; takes up those that do now
   * @return whether all have
   */
  boolean sessionEnds(Session session, DestructionReason reason, Set<String> done)
      throws InterruptedException {
    for (Guarded guarded : hooks) {
      String name = guarded.hook.name();
      if (!done.contains(name)
          && call(guarded, hook -> hook.sessionEnds(session.id(), session.tenant(), reason))) {
        done.add(name);
      }
    }
    return done.size() == hooks.size();
  }

  /**
   * Calls all of them once more, since the gateway stops; answers the names of those that failed.
   */
  public List<String> gatewayStops() throws InterruptedException {
    List<String> failed = new ArrayList<>();
    for (Guarded guarded : hooks) {
      if (!call(guarded, ReleaseHook::gatewayStops)) {
        failed.add(guarded.hook.name());
      }
    }
    return failed;
  }

  private boolean call(Guarded guarded, Call call) throws InterruptedException {
    String name = guarded.hook.name();
    if (!guarded.calls.tryAcquire()) {
      log.warn("release hook {} is not called: it hangs in {} earlier calls", name, MOST_HANGING);
      return false;
    }
    FutureTask<Void> task =
        new FutureTask<>(() -> {
          call.make(guarded.hook);
          return null;
        });
    try {
      threads.execute(() -> {
        try {
          task.run();
        } finally {
          guarded.calls.release();
        }
      });
    } catch (RejectedExecutionException stopped) {
      guarded.calls.release();
      log.warn("release hook {} is not called: no more threads", name, stopped);
      return false;
    }
    return awaitEnd(name, task);
  }

  private boolean awaitEnd(String name, FutureTask<Void> task) throws InterruptedException {
    try {
      task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException hanging) {
      log.warn("release hook {} did not return within {}", name, deadline);
      task.cancel(true);
      return false;
    } catch (ExecutionException failure) {
      log.warn("release hook {} failed", name, failure.getCause());
      return false;
    }
  }
}
