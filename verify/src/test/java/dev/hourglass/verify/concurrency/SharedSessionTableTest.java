package dev.hourglass.verify.concurrency;

import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.MessageChain;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.Session.TurnAnswer;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The table of sessions, used by several threads: whatever the interleaving, each answer is one of
 * those that it gives when asked in some order. So its maps never disagree, its bounds hold, no
 * session is displaced twice, and what was forgotten is found in no way.
 */
class SharedSessionTableTest {
  /** Answers what has no answer. */
  private static final String DONE = "done";

  private static final int MOST_EXPLICIT = 2;

  /** More than a scenario can displace, so that a newcomer is never the oldest. */
  private static final int IMPLICIT = 4;

  private static final TenantId TENANT = TenantId.DEFAULT;

  @Test
  void tokensOpenWhatLivesAndNothingElse() {
    Interleavings.of(Explicit.class, ExplicitOneByOne.class)
        .after("create 0")
        .thenMeet("open 1, open 2", "create 1", "create 2, open 2")
        .after("create 0, create 1")
        .thenMeet("open 2", "forget 0, open 0", "create 2", "forget 0")
        .check();
  }

  @Test
  void conversationsAreRecognisedAndDisplacedAsInSomeOrder() {
    Interleavings.of(Implicit.class, ImplicitOneByOne.class)
        .meet("converse 0", "converse 1")
        .meet("converse 0, converse 0", "use 0", "answer 1")
        .meet("answer 0, recognise 0", "forget 0, recognise 0", "converse 2")
        .check();
  }

  private static SessionTable newTable() {
    return new SessionTable(
        new SessionLimits(MOST_EXPLICIT, IMPLICIT, 0, Duration.ofMinutes(30), Duration.ofDays(1)),
        new Random(1),
        new StoodClock(),
        new EventBus());
  }

  /** Explicit sessions, of which each thread brings one to life, once. */
  public static final class Explicit {
    private final Set<Integer> born = ConcurrentHashMap.newKeySet();
    private @Nullable SessionTable built;

    /** Built by the first call, see {@link Interleavings}. */
    private synchronized SessionTable table() {
      if (built == null) {
        built = newTable();
      }
      return built;
    }

    @Operation
    public boolean create(@Param(gen = IntGen.class) int thread) {
      if (!born.add(thread)) {
        return false;
      }
      Optional<Session> added = table().addExplicit(Names.record(thread));
      added.ifPresent(table()::open);
      return added.isPresent();
    }

    private boolean find(int number) {
      return table().byId(Names.record(number).id()).isPresent();
    }

    @Operation
    public boolean open(@Param(gen = IntGen.class) int number) {
      return table().byToken(TENANT, Names.token(number)).isPresent();
    }

    @Operation
    public String forget(@Param(gen = IntGen.class) int number) {
      table().byId(Names.record(number).id()).ifPresent(table()::remove);
      return DONE;
    }

    @Validate
    public void theMapsAgree() {
      int found = 0;
      for (int number = 0; number < Names.COUNT; number++) {
        if (find(number) != open(number)) {
          throw new IllegalStateException(number + " is found in one way alone");
        }
        found += find(number) ? 1 : 0;
      }
      if (found != table().size() || found > MOST_EXPLICIT) {
        throw new IllegalStateException("size " + table().size() + ", but " + found);
      }
    }
  }

  /** What is answered of explicit sessions when one thing is asked after the other. */
  public static final class ExplicitOneByOne {
    private final Set<Integer> born = new HashSet<>();
    private final Set<Integer> live = new HashSet<>();

    public boolean create(int thread) {
      return born.add(thread) && live.size() < MOST_EXPLICIT && live.add(thread);
    }

    public boolean open(int number) {
      return live.contains(number);
    }

    public String forget(int number) {
      live.remove(number);
      return DONE;
    }
  }

  /** Implicit sessions: the table is full of them, and all are idle at first. */
  public static final class Implicit {
    private final Map<Session, TurnClient> users = new ConcurrentHashMap<>();
    private final List<Session> sessions = new ArrayList<>(IMPLICIT);
    private @Nullable SessionTable built;

    /** Built by the first call, see {@link Interleavings}. */
    private synchronized SessionTable table() {
      if (built == null) {
        built = newTable();
        for (int number = 0; number < IMPLICIT; number++) {
          sessions.add(built.addImplicit(TENANT, "session " + number).session());
        }
      }
      return built;
    }

    private synchronized Session session(int number) {
      var _ = table();
      return sessions.get(number);
    }

    /** Answers whose place the newcomer takes. */
    @Operation
    public String converse(@Param(gen = IntGen.class) int thread) {
      SessionTable.Birth birth = table().addImplicit(TENANT, "newcomer of " + thread);
      return birth.displaced() == null ? "nobody" : birth.displaced().model();
    }

    @Operation
    public String answer(@Param(gen = IntGen.class) int number) {
      table().remember(session(number), Names.asked(number), Names.answered(number));
      return DONE;
    }

    @Operation
    public String recognise(@Param(gen = IntGen.class) int number) {
      return table().continuedBy(Names.answered(number)).map(Session::model).orElse("nobody");
    }

    /** Keeps a session busy from now on. */
    @Operation
    public boolean use(@Param(gen = IntGen.class) int number) {
      TurnClient user = new TurnClient(new AtomicInteger());
      boolean granted = session(number).requestTurn(user) == TurnAnswer.ACCEPTED;
      if (granted) {
        users.put(session(number), user);
      }
      return granted;
    }

    @Operation
    public String forget(@Param(gen = IntGen.class) int number) {
      table().remove(session(number));
      return DONE;
    }

    @Validate
    public void allTurnsCanEnd() throws InterruptedException {
      for (Map.Entry<Session, TurnClient> user : users.entrySet()) {
        user.getValue().leave(user.getKey());
      }
    }
  }

  /** What is answered of implicit sessions when one thing is asked after the other. */
  public static final class ImplicitOneByOne {
    private final SequencedSet<String> byUse = new LinkedHashSet<>();
    private final Set<String> answered = new HashSet<>();
    private final Set<String> busy = new HashSet<>();
    private int newcomers;

    public ImplicitOneByOne() {
      for (int number = 0; number < IMPLICIT; number++) {
        byUse.add("session " + number);
      }
    }

    public String converse(int thread) {
      Optional<String> displaced =
          byUse.size() < IMPLICIT
              ? Optional.empty()
              : byUse.stream().filter(name -> !busy.contains(name)).findFirst();
      displaced.ifPresent(byUse::remove);
      byUse.addLast("newcomer " + newcomers++);
      return displaced.orElse("nobody");
    }

    public String answer(int number) {
      String name = "session " + number;
      if (byUse.contains(name)) {
        byUse.addLast(name);
        answered.add(name);
      }
      return DONE;
    }

    public String recognise(int number) {
      String name = "session " + number;
      return byUse.contains(name) && answered.contains(name) ? name : "nobody";
    }

    public boolean use(int number) {
      return busy.add("session " + number);
    }

    public String forget(int number) {
      byUse.remove("session " + number);
      return DONE;
    }
  }

  /** What the sessions are called, and what is said in them. */
  private static final class Names {
    /** One for each of three threads, and for those before and after them. */
    private static final int COUNT = 5;

    private static final List<SessionToken> TOKENS =
        each(n -> SessionToken.presented("token-" + n));
    private static final List<SessionRecord> RECORDS = each(Names::newRecord);
    private static final List<MessageChain> ASKED = each(Names::question);
    private static final List<MessageChain> ANSWERED = each(n -> question(n).answered("yes"));

    private static <T> List<T> each(IntFunction<T> made) {
      return IntStream.range(0, COUNT).mapToObj(made).toList();
    }

    static SessionToken token(int number) {
      return TOKENS.get(number);
    }

    static SessionRecord record(int number) {
      return RECORDS.get(number);
    }

    static MessageChain asked(int number) {
      return ASKED.get(number);
    }

    static MessageChain answered(int number) {
      return ANSWERED.get(number);
    }

    private static MessageChain question(int number) {
      return MessageChain.of(TENANT, List.of(new ChatMessage(ChatRole.USER, "question " + number)));
    }

    private static SessionRecord newRecord(int number) {
      return new SessionRecord(
          new SessionId("sess_explicit-session-000000" + number),
          TENANT,
          SessionToken.presented("token-" + number).hash(),
          "tiny",
          StoodClock.NOW,
          Duration.ofMinutes(30),
          Map.of(),
          StoodClock.NOW,
          0,
          false);
    }
  }
}
