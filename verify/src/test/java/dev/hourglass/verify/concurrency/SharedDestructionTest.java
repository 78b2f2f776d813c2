package dev.hourglass.verify.concurrency;

import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.Session.TurnAnswer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Two sessions that end while others use them, release their state, and end them too: whatever the
 * interleaving, an end that was asked for is final when the call returns, whoever asks gets the same
 * answer, and each session that ends leaves everything, with exactly one receipt.
 */
class SharedDestructionTest {
  /** Answers what has no answer: Lincheck 3.7 takes two that answer nothing for different. */
  private static final String DONE = "done";

  @Test
  void whateverTheInterleavingEachEndIsFinalAndHasOneReceipt() {
    Interleavings.of(2, 3).sequentialSpecification(OneByOne.class).check(Concurrent.class);
  }

  /** The way out itself, with one worker, which is whoever comes first. */
  @Param(name = "client", gen = ThreadIdGen.class)
  @Param(name = "session", gen = IntGen.class, conf = "0:1")
  public static final class Concurrent {
    private final List<Queue<CompletableFuture<DestructionReceipt>>> promised =
        List.of(new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>());
    private final Map<Integer, TurnClient> clients = new ConcurrentHashMap<>();
    private final AtomicInteger turnsRunning = new AtomicInteger();

    private @Nullable SharedHouse house;

    /** Built by the first call, see {@link Interleavings}. */
    private synchronized SharedHouse house() {
      if (house == null) {
        house = new SharedHouse();
      }
      return house;
    }

    private Session session(int number) {
      return house().session(number);
    }

    @Operation
    public String end(@Param(name = "session") int number) {
      promised
          .get(number)
          .add(house().destruction.destroy(session(number), DestructionReason.CLOSED));
      return DONE;
    }

    @Operation
    public boolean endFirstIfQuiet() {
      return house().destruction.destroyIfIdle(session(0), DestructionReason.EXPIRED);
    }

    /** Of the second session alone, since the first one would not be quiet meanwhile. */
    @Operation
    public String releaseSecond() {
      var _ = house().destruction.release(session(1), DestructionReason.VALUE);
      return DONE;
    }

    /** Opens the session with its token, as a client does. */
    @Operation
    public boolean open(@Param(name = "session") int number) {
      return house().opens(number);
    }

    /** Asks for a turn of the first session. */
    @Operation
    public String ask(@Param(name = "client") int client) {
      if (clients.containsKey(client)) {
        return "asks already";
      }
      TurnClient asking = new TurnClient(turnsRunning);
      TurnAnswer answer = session(0).requestTurn(asking);
      if (answer == TurnAnswer.ACCEPTED) {
        clients.put(client, asking);
      }
      return answer.name();
    }

    @Operation
    public boolean leave(@Param(name = "client") int client) throws InterruptedException {
      TurnClient leaving = clients.remove(client);
      if (leaving != null) {
        leaving.leave(session(0));
      }
      return leaving != null;
    }

    /** The deadline of whatever waits for something. */
    @Operation
    public String passTime() {
      house().passTime();
      return DONE;
    }

    /** Lets all turns end and all deadlines pass; then every end has come to its receipt. */
    @Validate
    public void whatEndedIsGone() throws InterruptedException {
      for (Optional<TurnClient> next = told(); next.isPresent(); next = told()) {
        clients.values().remove(next.get());
        next.get().leave(session(0));
      }
      SharedHouse.require(clients.isEmpty(), "somebody waits, and nobody has the turn");
      house().passTime();
      for (int number = 0; number < promised.size(); number++) {
        if (house().opens(number)) {
          SharedHouse.require(promised.get(number).isEmpty(), "it lives on");
        } else {
          house().requireGone(number, session(number), promised.get(number));
        }
      }
    }

    private Optional<TurnClient> told() {
      return clients.values().stream().filter(TurnClient::told).findAny();
    }
  }

  /** What is answered when one thing is asked after the other. */
  public static final class OneByOne {
    private final Set<Integer> ended = new HashSet<>();
    private final Set<Integer> asked = new HashSet<>();
    private final Deque<Integer> line = new ArrayDeque<>();
    private @Nullable Integer turn;

    public String end(int number) {
      if (ended.add(number) && number == 0) {
        line.clear();
      }
      return DONE;
    }

    public boolean endFirstIfQuiet() {
      return turn == null && ended.add(0);
    }

    public String releaseSecond() {
      return DONE;
    }

    public boolean open(int number) {
      return !ended.contains(number);
    }

    public String ask(int client) {
      if (asked.contains(client)) {
        return "asks already";
      }
      if (ended.contains(0)) {
        return "ENDED";
      }
      if (turn == null) {
        turn = client;
      } else if (line.size() < SharedHouse.LONGEST_LINE) {
        line.add(client);
      } else {
        return "LINE_FULL";
      }
      asked.add(client);
      return "ACCEPTED";
    }

    public boolean leave(int client) {
      if (!asked.remove(client)) {
        return false;
      }
      if (!line.remove(client) && turn != null && turn == client) {
        turn = line.poll();
      }
      return true;
    }

    public String passTime() {
      return DONE;
    }
  }
}
