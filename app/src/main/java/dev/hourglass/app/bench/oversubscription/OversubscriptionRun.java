package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.app.bench.oversubscription.OversubscriptionReport.Result;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.TurnHandle;
import dev.hourglass.core.TurnListener;
import dev.hourglass.core.TurnRequest;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** One arm on one plan: turns in the order in which they are due, two at once. */
final class OversubscriptionRun {
  private static final int AT_ONCE = 2;
  private static final int ANSWER_TOKENS = 3;
  private static final int LONG_ANSWER_TOKENS = 32;
  private static final long TURN_PATIENCE_SECONDS = 120;
  private static final TenantId TENANT = new TenantId("bench");

  private final OversubscribedHouse house;
  private final int turns;
  private final PriorityQueue<Client> due =
      new PriorityQueue<>(Comparator.comparingDouble(client -> client.dueSeconds));
  private final BlockingQueue<Client> back = new LinkedBlockingQueue<>();
  private final List<TurnTrace> traces = new ArrayList<>();

  OversubscriptionRun(OversubscribedHouse house, List<SessionPlan> plans, int turns) {
    this.house = house;
    this.turns = turns;
    plans.forEach(plan -> due.add(new Client(plan)));
  }

  /** Who keeps a conversation, and resends it as plain clients do. */
  private final class Client implements TurnListener {
    private final SessionPlan plan;
    private final List<ChatMessage> history = new ArrayList<>();
    private double dueSeconds;
    private int turn;
    private int knownTokens;

    // Of the turn under way; written by one thread after the other.
    private final StringBuilder answer = new StringBuilder();
    private CompletableFuture<TurnHandle> handle = new CompletableFuture<>();
    private long submittedNanos;
    private long firstTextNanos;
    private long leftNanos;
    private int recomputedTokens;
    private @Nullable TurnTrace trace;

    Client(SessionPlan plan) {
      this.plan = plan;
      this.dueSeconds = plan.firstSeconds();
    }

    private boolean leaves() {
      return turn == plan.leavesAt();
    }

    void submit() {
      turn++;
      answer.setLength(0);
      handle = new CompletableFuture<>();
      firstTextNanos = 0;
      leftNanos = 0;
      recomputedTokens = 0;
      trace = null;
      history.add(plan.says(turn));
      submittedNanos = System.nanoTime();
      handle.complete(
          house
              .gateway()
              .submit(
                  new TurnRequest(
                      TENANT,
                      new TurnRequest.Input.Conversation(history),
                      null,
                      Sampling.GREEDY,
                      leaves() ? LONG_ANSWER_TOKENS : ANSWER_TOKENS),
                  this));
    }

    @Override
    public void started(SessionId session, String model, PromptUsage usage) {
      recomputedTokens = Math.max(0, knownTokens - usage.cachedTokens());
    }

    @Override
    public void text(TextDelta delta) {
      answer.append(delta.text());
      if (firstTextNanos == 0) {
        firstTextNanos = System.nanoTime();
        if (leaves()) {
          leftNanos = firstTextNanos;
          var _ = handle.thenAccept(TurnHandle::cancel);
        }
      }
    }

    @Override
    public void refused(Refusal refusal) {
      over(false);
    }

    @Override
    public void ended(TurnEnd end) {
      history.add(new ChatMessage(ChatRole.ASSISTANT, answer.toString()));
      if (end instanceof TurnEnd.Completed) {
        knownTokens = end.usage().kvTokens();
      }
      over(end instanceof TurnEnd.Completed || leaves());
    }

    private void over(boolean served) {
      long now = System.nanoTime();
      trace =
          new TurnTrace(
              turn,
              firstTextNanos == 0 ? Double.NaN : (firstTextNanos - submittedNanos) / 1e9,
              recomputedTokens,
              leftNanos == 0 ? 0 : (now - leftNanos) / 1e9,
              served);
      back.add(this);
    }
  }

  Result run(int load, Arm arm, DoubleConsumer progress)
      throws InterruptedException, ExpectedFailure {
    long began = System.nanoTime();
    int underWay = 0;
    int submitted = 0;
    double toldSeconds = 0;
    while (traces.size() < turns && (underWay > 0 || !due.isEmpty())) {
      if (underWay < AT_ONCE && submitted < turns && !due.isEmpty()) {
        Client next = due.remove();
        house.clock().reach(next.dueSeconds);
        if (house.clock().seconds() - toldSeconds >= 1) {
          toldSeconds = house.clock().seconds();
          house.second();
        }
        underWay++;
        submitted++;
        next.submit();
        continue;
      }
      Client client = back.poll(TURN_PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (client == null || client.trace == null) {
        throw new ExpectedFailure(
            "no turn ended for " + TURN_PATIENCE_SECONDS + " s (expected: progress)");
      }
      underWay--;
      traces.add(client.trace);
      if (!client.leaves() && client.turn <= client.plan.gapsSeconds().size()) {
        client.dueSeconds =
            house.clock().seconds() + client.plan.gapsSeconds().get(client.turn - 1);
        due.add(client);
      }
      progress.accept((double) traces.size() / turns);
    }
    double traceSeconds = house.clock().seconds();
    double wallSeconds = (System.nanoTime() - began) / 1e9;
    boolean fellBack = house.fellBack();
    int leftTokens = house.kvTokensAfterExpiry();
    return new Result(
        load,
        arm,
        traces,
        traceSeconds,
        wallSeconds,
        house.ladder(),
        fellBack,
        leftTokens,
        house.ladder().warmBytes() + house.ladder().coldBytes());
  }
}
