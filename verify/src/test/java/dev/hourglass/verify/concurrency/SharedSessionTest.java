package dev.hourglass.verify.concurrency;

import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.Session.TurnAnswer;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * One session, used by several threads: whatever the interleaving, each answer is one that the
 * session gives when asked in some order, one after the other. So one turn runs at a time, the line
 * keeps its order, no hand-over is lost, and a session that ends grants nothing any more.
 */
class SharedSessionTest {
  private static final int LONGEST_LINE = 2;

  @Test
  void turnsAreGrantedInTheOrderOfAsking() {
    Interleavings.of(Concurrent.class, OneByOne.class)
        .after("ask 0, ask 1")
        .thenMeet("leave 1", "leave 0", "ask 2, leave 2")
        .after("ask 0, ask 1, ask 2")
        .thenMeet("leave 1, leave 2", "leave 0", "ask 3")
        .after("ask 0, ask 1")
        .thenMeet("", "leave 0", "leave 1")
        .meet("ask 0, leave 0", "ask 1, leave 1", "end")
        .check();
  }

  @Test
  void aSessionEndsOfItselfOnlyWhileNobodyHoldsIt() {
    Interleavings.of(Concurrent.class, OneByOne.class)
        .after("hold 0")
        .thenMeet("ask 2", "letGo 0", "endIfQuiet", "ask 1")
        .after("upkeep 0")
        .thenMeet("", "endUpkeep 0", "ask 1")
        .meet("upkeep 0, endUpkeep 0", "ask 1, leave 1", "endIfQuiet")
        .meet("end, leases", "endIfQuiet, hold 1", "hold 2, letGo 2")
        .check();
  }

  /** The session itself. Each thread is one client, which asks for one turn at a time. */
  public static final class Concurrent {
    private final AtomicInteger turnsRunning = new AtomicInteger();
    private final Map<Integer, TurnClient> clients = new ConcurrentHashMap<>();
    private final Map<Integer, Lease> holds = new ConcurrentHashMap<>();
    private final Map<Integer, Lease> upkeeps = new ConcurrentHashMap<>();
    private final Session session;

    public Concurrent() {
      session =
          new SessionTable(
                  new SessionLimits(
                      10, 10, LONGEST_LINE, Duration.ofMinutes(30), Duration.ofDays(1)),
                  new Random(1),
                  new StoodClock(),
                  new EventBus())
              .addImplicit(TenantId.DEFAULT, "tiny")
              .session();
    }

    @Operation
    public String ask(@Param(gen = IntGen.class) int client) {
      if (clients.containsKey(client)) {
        return "asks already";
      }
      TurnClient asking = new TurnClient(turnsRunning);
      TurnAnswer answer = session.requestTurn(asking);
      if (answer == TurnAnswer.ACCEPTED) {
        clients.put(client, asking);
      }
      return answer.name();
    }

    @Operation
    public String leave(@Param(gen = IntGen.class) int client) throws InterruptedException {
      TurnClient leaving = clients.remove(client);
      return leaving == null ? "asks for nothing" : leaving.leave(session);
    }

    @Operation
    public boolean hold(@Param(gen = IntGen.class) int client) {
      if (holds.containsKey(client)) {
        return false;
      }
      Optional<Lease> lease = session.hold();
      lease.ifPresent(held -> holds.put(client, held));
      return lease.isPresent();
    }

    @Operation
    public boolean letGo(@Param(gen = IntGen.class) int client) {
      Lease held = holds.remove(client);
      if (held == null) {
        return false;
      }
      held.close();
      held.end(LeaseEnd.FAILURE);
      return true;
    }

    @Operation
    public boolean upkeep(@Param(gen = IntGen.class) int client) {
      if (upkeeps.containsKey(client)) {
        return false;
      }
      Optional<Lease> lease = session.upkeep();
      lease.ifPresent(held -> {
        if (turnsRunning.incrementAndGet() != 1) {
          throw new IllegalStateException("upkeep beside a turn");
        }
        upkeeps.put(client, held);
      });
      return lease.isPresent();
    }

    @Operation
    public boolean endUpkeep(@Param(gen = IntGen.class) int client) {
      Lease held = upkeeps.remove(client);
      if (held == null) {
        return false;
      }
      turnsRunning.decrementAndGet();
      held.close();
      return true;
    }

    @Operation
    public int leases() {
      return session.leases();
    }

    @Operation
    public boolean end() {
      return session.beginTerminating();
    }

    @Operation
    public boolean endIfQuiet() {
      return session.beginTerminatingIfIdle();
    }

    /** Gives everything back; then nobody may be left in line, and the session is quiet. */
    @Validate
    public void nothingIsLost() throws InterruptedException {
      upkeeps.keySet().forEach(this::endUpkeep);
      holds.values().forEach(Lease::close);
      for (Optional<TurnClient> next = told(); next.isPresent(); next = told()) {
        clients.values().remove(next.get());
        next.get().leave(session);
      }
      require(clients.isEmpty(), "somebody waits, and nobody has the turn");
      require(session.leases() == 0, "a lease is left");
      require(session.alive() || session.quiet().isDone(), "its end is not told");
      require(!session.alive() || session.state() == SessionState.IDLE, "it is active for nobody");
    }

    private Optional<TurnClient> told() {
      return clients.values().stream().filter(TurnClient::told).findAny();
    }

    private static void require(boolean holds, String otherwise) {
      if (!holds) {
        throw new IllegalStateException(otherwise);
      }
    }
  }

  /** What a session answers when it is asked one thing after the other. */
  public static final class OneByOne {
    private static final String UPKEEP = "upkeep ";

    private final Deque<Integer> line = new ArrayDeque<>();
    private final Set<Integer> asked = new HashSet<>();
    private final Set<Integer> holds = new HashSet<>();
    private String turn = "";
    private boolean ending;

    public String ask(int client) {
      if (asked.contains(client)) {
        return "asks already";
      }
      if (ending) {
        return "ENDED";
      }
      if (turn.isEmpty()) {
        turn = String.valueOf(client);
      } else if (line.size() < LONGEST_LINE) {
        line.add(client);
      } else {
        return "LINE_FULL";
      }
      asked.add(client);
      return "ACCEPTED";
    }

    public String leave(int client) {
      if (!asked.remove(client)) {
        return "asks for nothing";
      }
      if (line.remove(client)) {
        return "waited";
      }
      return endTurn(String.valueOf(client)) ? "had the turn" : "was refused";
    }

    public boolean hold(int client) {
      return !ending && holds.add(client);
    }

    public boolean letGo(int client) {
      return holds.remove(client);
    }

    public boolean upkeep(int client) {
      boolean given = quiet();
      if (given) {
        turn = UPKEEP + client;
      }
      return given;
    }

    public boolean endUpkeep(int client) {
      return endTurn(UPKEEP + client);
    }

    private boolean endTurn(String whose) {
      if (!turn.equals(whose)) {
        return false;
      }
      turn = line.isEmpty() ? "" : String.valueOf(line.remove());
      return true;
    }

    public int leases() {
      return (turn.isEmpty() ? 0 : 1) + holds.size();
    }

    public boolean end() {
      boolean first = !ending;
      ending = true;
      line.clear();
      return first;
    }

    public boolean endIfQuiet() {
      return quiet() && end();
    }

    private boolean quiet() {
      return !ending && turn.isEmpty() && holds.isEmpty();
    }
  }
}
