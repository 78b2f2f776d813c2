package dev.hourglass.core.routing;

import dev.hourglass.core.routing.CircuitBreaker.Outcome;
import dev.hourglass.core.routing.EndpointHealth.EjectionLimit;
import dev.hourglass.core.routing.EndpointStatus.Counts;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** An endpoint and all that a pool knows of it; guarded by the pool's lock. */
final class PooledEndpoint {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(60);

  private final PoolMember member;
  private final CircuitBreaker breaker;
  private final EndpointHealth health = new EndpointHealth();
  private final EndpointPulse pulse = new EndpointPulse();
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();
  private int inFlight;
  private Duty duty = Duty.SERVING;
  private long backOffUntilNanos;
  private boolean backingOff;
  private long pieces;
  private long pieceNanos;
  private long sent;
  private long completed;
  private long dropped;
  private long failedBeforeText;
  private long failedPartway;
  private long probe;
  private boolean probeAnswered = true;

  /** What operators want of it. */
  private enum Duty {
    SERVING,
    EJECTED,
    DRAINING,
    /** It drains, and nobody brings it back. */
    LEAVING
  }

  PooledEndpoint(PoolMember member, RandomGenerator random) {
    this.member = member;
    this.breaker = new CircuitBreaker(random);
  }

  // --- one call --------------------------------------------------------------------------------

  /** Whether it may be chosen. */
  boolean available(long nowNanos) {
    return duty == Duty.SERVING
        && health.serves()
        && !isFull()
        && !backsOff(nowNanos)
        && breaker.admits(nowNanos);
  }

  private boolean isFull() {
    return member.capacity() > 0 && inFlight >= member.capacity();
  }

  /**
   * Whether it may be chosen where nobody is available: it answers probes, though calls of late or
   * comparisons speak against it.
   */
  boolean lastResort(long nowNanos) {
    return duty == Duty.SERVING && health.probedWell() && !isFull() && !backsOff(nowNanos);
  }

  private boolean backsOff(long nowNanos) {
    if (backingOff && nowNanos - backOffUntilNanos >= 0) {
      backingOff = false;
    }
    return backingOff;
  }

  /** Begins a call; whoever gets it ends it. A last resort's breaker is not asked. */
  Call begin(long nowNanos) {
    inFlight++;
    sent++;
    return new Call(breaker.acquire(nowNanos).orElseGet(breaker::bypass), nowNanos);
  }

  /** One generation at this endpoint; it ends once, whatever is said later. */
  final class Call {
    private final CircuitBreaker.Permit permit;
    private final long sentNanos;
    private long lastPieceNanos;
    private boolean texted;
    private boolean over;

    private Call(CircuitBreaker.Permit permit, long sentNanos) {
      this.permit = permit;
      this.sentNanos = sentNanos;
    }

    PooledEndpoint endpoint() {
      return PooledEndpoint.this;
    }

    void firstText(long nowNanos, int uncachedTokens) {
      texted = true;
      lastPieceNanos = nowNanos;
      permit.progressed();
      health.answered();
      pulse.firstToken(seconds(nowNanos), seconds(nowNanos - sentNanos), uncachedTokens);
    }

    /** Some more pieces of the answer came. */
    void pieces(long nowNanos, int count) {
      long nanos = nowNanos - lastPieceNanos;
      lastPieceNanos = nowNanos;
      pulse.tokenPause(seconds(nowNanos), seconds(nanos) / count);
      pieces += count;
      pieceNanos += nanos;
    }

    void end(Outcome outcome, long nowNanos) {
      if (over) {
        return;
      }
      over = true;
      permit.end(outcome, nowNanos);
      switch (outcome) {
        case SUCCESS -> {
          completed++;
          pulse.served(seconds(nowNanos - sentNanos));
        }
        case DROPPED -> dropped++;
        case FAILURE -> {
          if (texted) {
            failedPartway++;
          } else {
            failedBeforeText++;
          }
        }
      }
      inFlight--;
      completeIfQuiet();
    }
  }

  /** It asked to be left alone for a while; more than a minute is not believed. */
  void backOff(long nowNanos, Duration pause) {
    Duration believed = pause.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : pause;
    if (believed.compareTo(pause(nowNanos)) > 0) {
      backOffUntilNanos = nowNanos + believed.toNanos();
      backingOff = true;
    }
  }

  /** How long it is left alone still, because it asked for that or its breaker is open. */
  Duration pause(long nowNanos) {
    Duration asked =
        backsOff(nowNanos) ? Duration.ofNanos(backOffUntilNanos - nowNanos) : Duration.ZERO;
    Duration open = breaker.openFor(nowNanos);
    return asked.compareTo(open) > 0 ? asked : open;
  }

  /** Why it is not available, in a word or two; for whoever could not be served. */
  String whyNot(long nowNanos) {
    if (duty != Duty.SERVING || !health.serves()) {
      return state().wireName();
    }
    if (isFull()) {
      return "at its capacity of " + member.capacity();
    }
    if (backsOff(nowNanos)) {
      return "asked for a pause";
    }
    return breaker.admits(nowNanos) ? "failed just now" : "breaker open";
  }

  // --- operators -------------------------------------------------------------------------------

  void drain() {
    assign(Duty.DRAINING);
  }

  void eject() {
    assign(Duty.EJECTED);
  }

  void restore(long nowNanos) {
    assign(Duty.SERVING);
    health.ramp(nowNanos);
  }

  void leave() {
    assign(Duty.LEAVING);
    completeIfQuiet();
  }

  private void assign(Duty wanted) {
    if (duty != Duty.LEAVING) {
      duty = wanted;
    }
  }

  /** Completes when it leaves and nothing runs there any more. */
  CompletableFuture<Void> quiet() {
    return quiet;
  }

  private void completeIfQuiet() {
    if (duty == Duty.LEAVING && inFlight == 0) {
      quiet.complete(null);
    }
  }

  // --- what it is like -------------------------------------------------------------------------

  /** A new probe begins; answers its number. One that is still out has taken too long. */
  long beginProbe(EjectionLimit limit) {
    if (!probeAnswered) {
      health.missed(limit);
    }
    probeAnswered = false;
    return ++probe;
  }

  /** A probe came back; one that was given up before says nothing. */
  void probed(long number, boolean good, long nowNanos, EjectionLimit limit) {
    if (number != probe || probeAnswered) {
      return;
    }
    probeAnswered = true;
    if (good) {
      health.good(nowNanos);
    } else {
      health.missed(limit);
    }
  }

  /** What it sent since this was asked last. */
  PaceOutliers.Pace takePace() {
    PaceOutliers.Pace pace = new PaceOutliers.Pace(pieces, seconds(pieceNanos));
    pieces = 0;
    pieceNanos = 0;
    return pace;
  }

  PoolMember member() {
    return member;
  }

  EndpointId id() {
    return member.id();
  }

  EndpointHealth health() {
    return health;
  }

  /** Whether what it looks like has taken it out, rather than an operator. */
  boolean unfit() {
    return !health.serves();
  }

  int inFlight() {
    return inFlight;
  }

  EndpointLoad load(long nowNanos) {
    return new EndpointLoad(
        id(),
        // Whoever is chosen as a last resort has no share, and needs a weight.
        member.weight() * Math.max(EndpointHealth.LEAST_SHARE, health.share(nowNanos)),
        inFlight,
        member.slots(),
        member.engine().info().kvCapacityTokens(),
        pulse.pace(seconds(nowNanos)));
  }

  EndpointStatus status(long nowNanos, String model, KvHomes homes) {
    KvHomes.Held held = homes.heldBy(id());
    return new EndpointStatus(
        id(),
        model,
        state(),
        breaker.state().name().toLowerCase(Locale.ROOT),
        breaker.openFor(nowNanos),
        member.weight(),
        duty == Duty.SERVING ? health.share(nowNanos) : 0,
        inFlight,
        member.slots(),
        held.sessions(),
        held.kvTokens(),
        member.engine().info().kvCapacityTokens(),
        pulse.pace(seconds(nowNanos)),
        new Counts(sent, completed, dropped, failedBeforeText, failedPartway));
  }

  private EndpointState state() {
    return switch (duty) {
      case DRAINING, LEAVING -> EndpointState.DRAINING;
      case EJECTED -> EndpointState.EJECTED;
      case SERVING ->
          switch (health.state()) {
            case HEALTHY -> EndpointState.SERVING;
            case RAMPING -> EndpointState.RAMPING;
            case ISOLATED -> EndpointState.ISOLATED;
            case SET_ASIDE -> EndpointState.SET_ASIDE;
          };
    };
  }

  private static double seconds(long nanos) {
    return nanos / NANOS_PER_SECOND;
  }
}
