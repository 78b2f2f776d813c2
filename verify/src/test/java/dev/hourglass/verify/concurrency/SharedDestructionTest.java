package dev.hourglass.verify.concurrency;

import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.Session.TurnAnswer;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Sessions that end while others use them, release their state, and end them too: whatever the
 * interleaving, an end that was asked for is final when the call returns, whoever asks gets the
 * same receipt, and a session that ended is gone from everywhere, with exactly one.
 */
class SharedDestructionTest {
  /** Answers what has no answer. */
  private static final String DONE = "done";

  @Test
  void anEndIsFinalWhenTheCallReturns() {
    Interleavings.of(Ended.class, EndedOneByOne.class)
        .meet("end", "end, use")
        .meet("end, open", "use, use")
        .check();
  }

  @Test
  void aSessionInUseEndsOnceWhenItsTurnDoesOrItsDeadlineComes() {
    Interleavings.of(Parked.class, ParkedOneByOne.class)
        .after("start")
        .thenMeet("", "endTurn", "passTime", "endAgain")
        .check();
  }

  @Test
  void noneOfManyIsForgottenThatEndOrAreReleasedAtOnce() {
    Interleavings.of(Many.class, ManyOneByOne.class)
        .meet("end 0, open 0", "end 1")
        .meet("end 1", "release 1, open 0", "end 0")
        .check();
  }

  /** A session that several threads end. */
  public static final class Ended {
    private final Queue<CompletableFuture<DestructionReceipt>> promised =
        new ConcurrentLinkedQueue<>();
    private @Nullable SharedHouse built;

    /** Built by the first call, see {@link Interleavings}. */
    private synchronized SharedHouse house() {
      if (built == null) {
        built = new SharedHouse();
      }
      return built;
    }

    @Operation
    public String end() {
      promised.add(house().destruction.destroy(house().session(0), DestructionReason.CLOSED));
      return DONE;
    }

    /** A turn, however short. */
    @Operation
    public boolean use() throws InterruptedException {
      TurnClient client = new TurnClient(new AtomicInteger());
      if (house().session(0).requestTurn(client) != TurnAnswer.ACCEPTED) {
        return false;
      }
      client.leave(house().session(0));
      return true;
    }

    @Operation
    public boolean open() {
      return house().opens(0);
    }

    @Validate
    public void whatEndedIsGone() {
      house().passTime();
      if (house().opens(0)) {
        SharedHouse.require(promised.isEmpty(), "it lives on");
      } else {
        house().requireGone(0, promised);
      }
    }
  }

  /** What is answered when one thing is asked after the other. */
  public static final class EndedOneByOne {
    private boolean ended;

    public String end() {
      ended = true;
      return DONE;
    }

    public boolean use() {
      return !ended;
    }

    public boolean open() {
      return !ended;
    }
  }

  /** A session that has to end while its turn runs. */
  public static final class Parked {
    private final TurnClient client = new TurnClient(new AtomicInteger());
    private final Queue<CompletableFuture<DestructionReceipt>> promised =
        new ConcurrentLinkedQueue<>();
    private @Nullable SharedHouse built;
    private boolean left;

    private synchronized SharedHouse house() {
      if (built == null) {
        built = new SharedHouse();
        built.session(0).requestTurn(client);
        promised.add(built.destruction.destroy(built.session(0), DestructionReason.CLOSED));
      }
      return built;
    }

    @Operation
    public String start() {
      var _ = house();
      return DONE;
    }

    @Operation
    public String endTurn() throws InterruptedException {
      Session session = house().session(0);
      if (leavesFirst()) {
        client.leave(session);
      }
      return DONE;
    }

    private synchronized boolean leavesFirst() {
      boolean first = !left;
      left = true;
      return first;
    }

    @Operation
    public String passTime() {
      house().passTime();
      return DONE;
    }

    @Operation
    public String endAgain() {
      promised.add(house().destruction.destroy(house().session(0), DestructionReason.EXPIRED));
      return DONE;
    }

    @Validate
    public void itIsGoneOnce() throws InterruptedException {
      endTurn();
      passTime();
      house().requireGone(0, promised);
    }
  }

  /** Nothing but that everything is done. */
  public static final class ParkedOneByOne {
    public String start() {
      return DONE;
    }

    public String endTurn() {
      return DONE;
    }

    public String passTime() {
      return DONE;
    }

    public String endAgain() {
      return DONE;
    }
  }

  /** Two sessions and one worker, which is whoever comes first. */
  public static final class Many {
    private final Queue<CompletableFuture<DestructionReceipt>> first =
        new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<DestructionReceipt>> second =
        new ConcurrentLinkedQueue<>();
    private @Nullable SharedHouse built;

    private synchronized SharedHouse house() {
      if (built == null) {
        built = new SharedHouse();
      }
      return built;
    }

    @Operation
    public String end(@Param(gen = IntGen.class) int number) {
      (number == 0 ? first : second)
          .add(house().destruction.destroy(house().session(number), DestructionReason.CLOSED));
      return DONE;
    }

    @Operation
    public String release(@Param(gen = IntGen.class) int number) {
      var _ = house().destruction.release(house().session(number), DestructionReason.VALUE);
      return DONE;
    }

    @Operation
    public boolean open(@Param(gen = IntGen.class) int number) {
      return house().opens(number);
    }

    @Validate
    public void whatEndedIsGone() {
      house().passTime();
      if (!first.isEmpty()) {
        house().requireGone(0, first);
      }
      if (!second.isEmpty()) {
        house().requireGone(1, second);
      }
    }
  }

  /** What is answered when one thing is asked after the other. */
  public static final class ManyOneByOne {
    private final Set<Integer> ended = new HashSet<>();

    public String end(int number) {
      ended.add(number);
      return DONE;
    }

    public String release(int number) {
      return DONE;
    }

    public boolean open(int number) {
      return !ended.contains(number);
    }
  }
}
