package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.StateOffer;
import dev.hourglass.core.engine.TokenLogprob;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.engine.llama.SnapshotFormat.UnusableSnapshotException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's only thread: takes commands, admits generations, steps.
 *
 * <p>A step is one decode for everybody: the next token of each generation that decodes, and chunks
 * of the prompts of those that do not yet. The chunks share what the {@link ChunkPacer} allows,
 * evenly, so neither a long prompt nor many of them hold up the others for more than the step
 * budget. Between steps nothing computes, and that is when commands are served; hence a cancel, a
 * release or a snapshot takes effect within one step and never meets a half-written state.
 *
 * <p>Room is made in rising order of harm: free cells; moving cells together; idle sessions, as the
 * release order says; shorter chunks; at last the youngest running generation gives up its cells,
 * waits, and later prefills again what it had. The oldest always proceeds, so there is no livelock.
 */
final class EngineLoop {
  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  /** Places in the mailbox beside those for generations: releases, snapshots, questions. */
  private static final int CONTROL_PLACES = 8192;

  private static final int NO_SLOT = 1;
  private static final int NO_SLOT_OR_NO_GRAPH = -3;
  private static final double AVERAGE_WEIGHT = 0.1;

  private final LlamaLibrary library;
  private final NativeModel model;
  private final NativeContext context;
  private final Residents residents;
  private final PromptPlanner planner;
  private final SnapshotFormat snapshots;
  private final ChunkPacer pacer;
  private final RandomGenerator random;
  private final LongSupplier nanoClock;
  private final int contextTokens;
  private final long admissionBudgetNanos;
  private final Mailbox mailbox;
  private final AtomicInteger queued;
  private final Deque<Run> waiting = new ArrayDeque<>();
  private final List<Run> running = new ArrayList<>();
  private long changes;
  private long admissions;
  private int turn;
  private long steps;
  private long decodedTokens;
  private long prefillTokens;
  private long preemptions;
  private double stepMillis;
  private volatile boolean down;
  private volatile LlamaStats stats = new LlamaStats(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * One generation's part in a step: tokens {@code from} on, {@code logits} where one is sampled.
   */
  private record Share(Run run, int count, int logits) {
    static final int NO_LOGITS = -1;
  }

  EngineLoop(
      LlamaLibrary library,
      NativeModel model,
      NativeContext context,
      Residents residents,
      PromptPlanner planner,
      SnapshotFormat snapshots,
      RandomGenerator random,
      LongSupplier nanoClock,
      LlamaSettings settings,
      int contextTokens) {
    this.library = library;
    this.model = model;
    this.context = context;
    this.residents = residents;
    this.planner = planner;
    this.snapshots = snapshots;
    this.random = random;
    this.nanoClock = nanoClock;
    this.contextTokens = contextTokens;
    pacer =
        new ChunkPacer(
            settings.stepBudget().toNanos(), context.batchTokens() - context.sequences());
    admissionBudgetNanos = settings.stepBudget().toNanos() / 4;
    mailbox = new Mailbox(settings.maxQueue() + CONTROL_PLACES);
    queued = new AtomicInteger();
  }

  Mailbox mailbox() {
    return mailbox;
  }

  /** Generations that wait for admission, those still in the mailbox too. */
  AtomicInteger queued() {
    return queued;
  }

  LlamaStats stats() {
    return stats;
  }

  /** Whether a defect has ended it. */
  boolean isDown() {
    return down;
  }

  /**
   * Serves until the mailbox is closed or a defect ends it; then nobody waits and nothing is held.
   */
  void run() {
    try {
      serve();
    } catch (RuntimeException | Error defect) {
      down = true;
      LOG.error("The engine's thread dies of a defect; the engine is down", defect);
      throw defect;
    } finally {
      end();
    }
  }

  private void serve() {
    while (true) {
      if (waiting.isEmpty() && running.isEmpty()) {
        mailbox.awaitArrival();
      }
      boolean closing = mailbox.isClosed();
      try {
        serveCommands();
        if (closing) {
          return;
        }
        endCancelled();
        admit();
        step();
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError defect) {
        recover(defect);
      }
      publishStats();
    }
  }

  /** Each part on its own: one that fails keeps nobody from the end. */
  private void end() {
    mailbox.close();
    for (Mailbox.Command left = mailbox.poll(); left != null; left = mailbox.poll()) {
      apart(left::run);
    }
    Stream.concat(running.stream(), waiting.stream()).toList().forEach(this::endForGood);
    for (Resident resident : residents.all()) {
      apart(() -> residents.detach(resident));
    }
    apart(this::publishStats);
  }

  private void endForGood(Run run) {
    EngineFault fault = new EngineFault(EngineFault.Kind.INTERNAL, "the engine met a defect");
    apart(() -> {
      if (down) {
        fail(run, fault);
      } else {
        finishCancelled(run);
      }
    });
    // For one that could not be settled; without effect on one that has ended.
    apart(() -> run.end(new GenerationEnd.Failed(fault, run.usage(0))));
  }

  private static void apart(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException | Error defect) {
      LOG.error("A part of the engine did not end as it should", defect);
    }
  }

  private void serveCommands() {
    for (Mailbox.Command command = mailbox.poll(); command != null; command = mailbox.poll()) {
      command.run();
    }
  }

  /** Nobody knows what the cells hold after a defect, so everybody loses them. */
  private void recover(Throwable defect) {
    LOG.error("The engine's thread met a defect; all KV state is dropped", defect);
    EngineFault fault = new EngineFault(EngineFault.Kind.INTERNAL, "the engine met a defect");
    for (Run run : List.copyOf(running)) {
      fail(run, fault);
    }
    for (Run run : List.copyOf(waiting)) {
      fail(run, fault);
    }
    for (Resident resident : residents.all()) {
      residents.detach(resident);
    }
    changes++;
  }

  // Commands.

  void submit(Run run) {
    waiting.add(run);
  }

  KvOutcome release(SessionId session) {
    cancelAll(session);
    Resident resident = residents.find(session);
    if (resident == null) {
      return new KvOutcome.Applied(0);
    }
    int held = resident.tokens().size();
    int residue = residents.detach(resident);
    changes++;
    return residue == 0
        ? new KvOutcome.Applied(held)
        : new KvOutcome.Failed(residue + " cells remain");
  }

  KvOutcome makeRoom(SessionId session) {
    Resident resident = residents.find(session);
    if (resident == null || resident.busy() || sessionsWaiting().contains(session)) {
      return new KvOutcome.Applied(0);
    }
    int held = resident.tokens().size();
    residents.letGo(resident, true);
    changes++;
    return new KvOutcome.Applied(held);
  }

  SnapshotOutcome snapshot(SessionId session) {
    Resident resident = residents.find(session);
    if (resident == null || resident.tokens().size() == 0) {
      return new SnapshotOutcome.Empty();
    }
    try {
      return new SnapshotOutcome.Taken(snapshots.take(resident, context));
    } catch (UnusableSnapshotException failure) {
      return new SnapshotOutcome.Failed(failure.reason());
    } catch (OutOfMemoryError exhausted) {
      return new SnapshotOutcome.Failed("no memory for the snapshot");
    }
  }

  KvOutcome restore(SessionId session, KvSnapshot snapshot) {
    release(session);
    SnapshotFormat.Content content;
    try {
      content = snapshots.parse(snapshot, context, contextTokens, model.vocabTokens());
    } catch (UnusableSnapshotException unusable) {
      return new KvOutcome.Failed("snapshot: " + unusable.reason());
    } catch (IllegalStateException closed) {
      return new KvOutcome.Failed("snapshot: closed");
    }
    return putBack(session, content);
  }

  /** Gives a session that holds nothing a sequence with that content. */
  private KvOutcome putBack(SessionId session, SnapshotFormat.Content content) {
    Resident resident = residents.create(session, content.tenant());
    if (!attach(resident)) {
      return new KvOutcome.Failed("no sequence is free");
    }
    resident.markBusy(true);
    int tokens = content.tokens().size();
    while (!residents.hasCells(tokens) && releaseIdle()) {}
    boolean fits = residents.hasCells(tokens);
    boolean written = fits && context.writeState(resident.sequence(), content.state());
    if (fits && !written) {
      context.defragment();
      written = context.writeState(resident.sequence(), content.state());
    }
    resident.markBusy(false);
    if (!written || context.countCells(resident.sequence()) != tokens) {
      context.remove(resident.sequence(), 0);
      residents.detach(resident);
      return new KvOutcome.Failed("no room for " + tokens + " KV tokens");
    }
    resident.tokens().addAll(content.tokens(), 0, tokens);
    resident.exactUpTo(content.exactTokens() == tokens ? Integer.MAX_VALUE : content.exactTokens());
    resident.describe(content.trace(), content.leftOut());
    residents.used(resident);
    changes++;
    return new KvOutcome.Applied(tokens);
  }

  /** Puts back what is on offer; {@code false} where it has to wait for those who run. */
  private boolean takeUp(Run run, StateOffer offer) {
    long begin = nanoClock.getAsLong();
    KvOutcome outcome;
    try {
      SnapshotFormat.Content content =
          snapshots.parse(offer.snapshot(), context, contextTokens, model.vocabTokens());
      outcome =
          content.tenant().equals(run.request().tenant())
              ? putBack(run.request().session(), content)
              : new KvOutcome.Failed("snapshot: it belongs to somebody else");
      if (outcome instanceof KvOutcome.Failed && !running.isEmpty()) {
        return false;
      }
    } catch (UnusableSnapshotException unusable) {
      outcome = new KvOutcome.Failed("snapshot: " + unusable.reason());
    }
    run.forgetOffer();
    switch (outcome) {
      case KvOutcome.Applied(int kvTokens) ->
          offer.applied(kvTokens, nanoClock.getAsLong() - begin);
      case KvOutcome.Failed(String reason) -> offer.refused(reason);
      case KvOutcome.Unsupported _ -> offer.refused("unsupported");
    }
    return true;
  }

  Residue residue(SessionId session) {
    return new Residue.Counted(residents.residue(session));
  }

  KvOccupancy occupancy() {
    return residents.occupancy();
  }

  private void cancelAll(SessionId session) {
    for (Run run : List.copyOf(running)) {
      if (run.request().session().equals(session)) {
        finishCancelled(run);
      }
    }
    for (Run run : List.copyOf(waiting)) {
      if (run.request().session().equals(session)) {
        finishCancelled(run);
      }
    }
  }

  // Admission.

  private void endCancelled() {
    for (Run run : List.copyOf(running)) {
      if (run.cancelled()) {
        finishCancelled(run);
      }
    }
    if (waiting.stream().anyMatch(Run::cancelled)) {
      for (Run run : List.copyOf(waiting)) {
        if (run.cancelled()) {
          finishCancelled(run);
        }
      }
    }
  }

  private void admit() {
    long begin = nanoClock.getAsLong();
    Set<SessionId> active = new HashSet<>();
    running.forEach(run -> active.add(run.request().session()));
    for (Iterator<Run> runs = waiting.iterator(); runs.hasNext(); ) {
      Run run = runs.next();
      if (!active.add(run.request().session())) {
        continue;
      }
      if (run.blockedAt() == changes && !running.isEmpty()) {
        return;
      }
      try {
        if (!admit(run)) {
          run.block(changes);
          return;
        }
        runs.remove();
        queued.decrementAndGet();
      } catch (GenerationRefusedException refused) {
        runs.remove();
        queued.decrementAndGet();
        endRefused(run, refused.fault());
      }
      if (!running.isEmpty() && nanoClock.getAsLong() - begin > admissionBudgetNanos) {
        return;
      }
    }
  }

  /** Gives the generation its sequence and what it can reuse; {@code false} to wait for room. */
  private boolean admit(Run run) throws GenerationRefusedException {
    GenerationRequest request = run.request();
    Resident held = residents.find(request.session());
    if (held != null && !held.tenant().equals(request.tenant())) {
      throw new GenerationRefusedException(
          EngineFault.Kind.INVALID_PARAMETER, "session: it belongs to somebody else");
    }
    StateOffer offer = run.offer();
    if (held == null && offer != null) {
      if (!takeUp(run, offer)) {
        return waitOrRefuse(run);
      }
      held = residents.find(request.session());
    }
    PromptPlanner.Plan plan = null;
    if (!run.planned()) {
      plan =
          planner.plan(
              request.prompt(), request.maxTokens(), held, residents.ofTenant(request.tenant()));
      run.plan(plan.tokens());
    }
    if (!run.hasSampler()) {
      run.samplesWith(
          TokenSampler.create(
              library, model, request.sampling(), seed(request), run.sequence(), contextTokens));
    }
    Resident resident = held;
    if (resident == null) {
      resident =
          run.hasResident()
              ? run.resident()
              : residents.create(request.session(), request.tenant());
      if (!attach(resident)) {
        return waitOrRefuse(run);
      }
    }
    resident.markBusy(true);
    Trace textBefore = resident.trace();
    PromptPlanner.LeftOut leftBefore = resident.leftOut();
    if (plan != null) {
      reuse(resident, plan);
    } else {
      residents.truncate(resident, resident.tokens().commonPrefix(run.sequence()));
    }
    residents.truncate(resident, run.sequence().size() - 1);
    residents.adoptPrefix(resident, run.sequence());
    // What others were admitted with and have not fed yet is spoken for.
    int missing =
        run.sequence().size()
            - resident.tokens().size()
            + running.stream().mapToInt(Run::remaining).sum();
    while (!residents.hasCells(missing)) {
      if (!releaseIdle()) {
        resident.markBusy(false);
        if (plan != null && plan.resumeToken() == plan.prefixTokens()) {
          resident.describe(textBefore, leftBefore);
        }
        resident.trace().truncate(resident.tokens().size());
        if (resident.tokens().size() == 0) {
          residents.detach(resident);
        }
        return waitOrRefuse(run);
      }
    }
    run.forgetOffer();
    run.runsOn(resident);
    run.admitted(admissions++);
    running.add(run);
    if (run.started()) {
      run.lostCache(resident.tokens().size());
    } else {
      run.start(resident.tokens().size(), resident.leftOut().messages());
    }
    return true;
  }

  private void reuse(Resident resident, PromptPlanner.Plan plan) {
    residents.truncate(resident, plan.endToken());
    if (plan.resumeToken() > plan.prefixTokens()) {
      residents.cut(resident, plan.prefixTokens(), plan.resumeToken());
    }
    resident.describe(plan.trace(), plan.left());
  }

  private boolean attach(Resident resident) {
    while (!residents.attach(resident)) {
      if (!releaseIdle()) {
        return false;
      }
    }
    return true;
  }

  /** Nothing runs that could make room by ending: then waiting would be for ever. */
  private boolean waitOrRefuse(Run run) throws GenerationRefusedException {
    if (!run.started()) {
      run.unplan();
    }
    if (running.isEmpty()) {
      throw new GenerationRefusedException(
          EngineFault.Kind.KV_EXHAUSTED,
          "KV cache: no room for "
              + run.sequence().size()
              + " tokens, and nothing idle may be released");
    }
    return false;
  }

  private long seed(GenerationRequest request) {
    Long seed = request.sampling().seed();
    return seed == null ? random.nextLong() : seed;
  }

  private boolean releaseIdle() {
    if (!residents.releaseIdle(sessionsWaiting())) {
      return false;
    }
    changes++;
    return true;
  }

  private Set<SessionId> sessionsWaiting() {
    Set<SessionId> sessions = new HashSet<>();
    waiting.forEach(run -> sessions.add(run.request().session()));
    return sessions;
  }

  // A step.

  private void step() {
    if (running.isEmpty()) {
      return;
    }
    long begin = nanoClock.getAsLong();
    boolean decoding = running.stream().anyMatch(run -> run.remaining() == 1);
    List<Share> shares = shares(pacer.chunkTokens(decoding));
    int fed = shares.stream().mapToInt(Share::count).sum();
    while (!residents.hasCells(fed)) {
      if (!releaseIdle() && !preemptYoungest()) {
        break;
      }
      shares = shares(pacer.chunkTokens(decoding));
      fed = shares.stream().mapToInt(Share::count).sum();
    }
    shares = decode(shares, pacer.chunkTokens(decoding));
    if (shares.isEmpty()) {
      return;
    }
    int prefill = account(shares);
    for (Share share : shares) {
      if (share.logits() != Share.NO_LOGITS) {
        sample(share.run(), share.logits());
      }
    }
    long nanos = nanoClock.getAsLong() - begin;
    pacer.stepTook(prefill, decoding, nanos);
    steps++;
    stepMillis += (nanos / 1e6 - stepMillis) * (steps == 1 ? 1 : AVERAGE_WEIGHT);
  }

  /** Fills the batch: one token for who decodes, then prompts in turn, with even shares. */
  private List<Share> shares(int chunkTokens) {
    context.clearBatch();
    List<Share> shares = new ArrayList<>();
    List<Run> prompts = new ArrayList<>();
    for (Run run : running) {
      if (run.remaining() == 1) {
        shares.add(feed(run, 1));
      } else {
        prompts.add(run);
      }
    }
    int left = Math.min(chunkTokens, context.batchTokens() - context.batchedTokens());
    for (int index = 0; index < prompts.size() && left > 0; index++) {
      Run run = prompts.get((index + turn) % prompts.size());
      int even = Math.max(16, left / (prompts.size() - index));
      int count = ChunkPacer.share(run.remaining(), Math.min(left, even));
      shares.add(feed(run, count));
      left -= count;
    }
    turn++;
    return shares;
  }

  private Share feed(Run run, int count) {
    Resident resident = run.resident();
    int from = resident.tokens().size();
    int last = run.sequence().size() - 1;
    int logits = Share.NO_LOGITS;
    for (int position = from; position < from + count; position++) {
      int index =
          context.addToBatch(
              run.sequence().get(position), position, resident.sequence(), position == last);
      if (position == last) {
        logits = index;
      }
    }
    return new Share(run, count, logits);
  }

  /** Decodes the batch, making room as it must; answers what was decoded in the end. */
  private List<Share> decode(List<Share> wanted, int chunkTokens) {
    List<Share> shares = wanted;
    boolean defragmented = false;
    int chunk = chunkTokens;
    while (!shares.isEmpty()) {
      int outcome = context.decode();
      if (outcome == 0) {
        return shares;
      }
      if (!residents.consistent()) {
        // This build takes back a failed batch by cell numbers as if they were positions.
        throw new IllegalStateException("a failed decode, " + outcome + ", changed the cells");
      }
      if (outcome != NO_SLOT && outcome != NO_SLOT_OR_NO_GRAPH) {
        failAll(shares, EngineFault.Kind.INTERNAL, "decode answered " + outcome);
        return List.of();
      }
      if (!defragmented) {
        context.defragment();
        defragmented = true;
      } else if (releaseIdle()) {
        defragmented = false;
      } else if (chunk > 1 && shares.stream().anyMatch(share -> share.count() > 1)) {
        chunk /= 2;
      } else if (!preemptYoungest()) {
        failAll(
            shares,
            EngineFault.Kind.KV_EXHAUSTED,
            "KV cache: no cell for the next token (expected: at least one)");
        return List.of();
      }
      shares = shares(chunk);
    }
    return shares;
  }

  private void failAll(List<Share> shares, EngineFault.Kind kind, String why) {
    LOG.error("A step failed: {}", why);
    for (Share share : shares) {
      fail(share.run(), new EngineFault(kind, why));
    }
  }

  /** Takes the cells of the generation admitted last, unless it is the only one. */
  private boolean preemptYoungest() {
    if (running.size() < 2) {
      return false;
    }
    Run youngest = running.stream().max(Comparator.comparingLong(Run::admission)).orElseThrow();
    LOG.debug("{} gives up its cells for a while", youngest.request().session());
    Resident resident = youngest.resident();
    resident.markBusy(false);
    residents.detach(resident);
    running.remove(youngest);
    waiting.addFirst(youngest);
    queued.incrementAndGet();
    preemptions++;
    changes++;
    youngest.block(changes);
    return true;
  }

  /** Books what was decoded; answers how many tokens of it were of prompts. */
  private int account(List<Share> shares) {
    int prefill = 0;
    for (Share share : shares) {
      Run run = share.run();
      TokenList tokens = run.resident().tokens();
      int from = tokens.size();
      tokens.addAll(run.sequence(), from, from + share.count());
      if (from < run.promptTokens()) {
        prefillTokens += Math.min(share.count(), run.promptTokens() - from);
      }
      if (share.count() > 1) {
        prefill += share.count();
      }
    }
    return prefill;
  }

  private void sample(Run run, int batchIndex) {
    int token = run.sampler().sample(context, batchIndex);
    if (token == TokenSampler.NOTHING) {
      fail(
          run,
          new EngineFault(
              EngineFault.Kind.INVALID_PARAMETER,
              "grammar: it allows no token of this model at this place"));
      return;
    }
    if (model.endsGeneration(token)) {
      finish(run, FinishReason.STOP);
      return;
    }
    run.sampler().accept(token);
    TokenLogprob logprob = null;
    Integer alternatives = run.request().sampling().topLogprobs();
    if (alternatives != null) {
      logprob = new Candidates(model, context.logits(batchIndex)).logprob(token, alternatives);
    }
    run.generated(token);
    decodedTokens++;
    run.text().append(model.piece(token), logprob).ifPresent(run::give);
    if (run.text().stopped()) {
      finish(run, FinishReason.STOP);
    } else if (run.reachedTokenLimit() || run.sequence().size() >= contextTokens) {
      finish(run, FinishReason.LENGTH);
    }
  }

  // Ends.

  private void finish(Run run, FinishReason reason) {
    run.text().finish().ifPresent(run::give);
    int kept = settle(run);
    run.end(new GenerationEnd.Finished(reason, run.usage(kept)));
  }

  private void finishCancelled(Run run) {
    if (run.started()) {
      run.text().finish().ifPresent(run::give);
    }
    int kept = settle(run);
    run.end(new GenerationEnd.Cancelled(run.usage(kept)));
  }

  private void fail(Run run, EngineFault fault) {
    int kept = settle(run);
    run.end(new GenerationEnd.Failed(fault, run.usage(kept)));
  }

  private void endRefused(Run run, EngineFault fault) {
    Resident resident = residents.find(run.request().session());
    int kept = 0;
    if (resident != null && resident.tenant().equals(run.request().tenant())) {
      if (!run.request().retain()) {
        residents.detach(resident);
      }
      kept = resident.tokens().size();
    }
    run.end(new GenerationEnd.Failed(fault, run.usage(kept)));
  }

  /**
   * Leaves the session with the state that its next turn can build on: what is both in the cells
   * and in the text given out. Answers how many tokens that is.
   */
  private int settle(Run run) {
    changes++;
    if (!running.remove(run)) {
      if (waiting.remove(run)) {
        queued.decrementAndGet();
      }
      Resident resident = residents.find(run.request().session());
      return resident == null ? 0 : resident.tokens().size();
    }
    Resident resident = run.resident();
    resident.markBusy(false);
    if (!run.request().retain()) {
      residents.detach(resident);
      return 0;
    }
    int inCells = resident.tokens().size();
    if (inCells < run.promptTokens()) {
      resident.trace().truncate(inCells);
    } else {
      int settled = run.text().settledTokens(inCells - run.promptTokens());
      residents.truncate(resident, run.promptTokens() + settled);
      String answer = run.text().textOf(settled);
      if (!answer.isEmpty()) {
        resident.trace().add(new Segment(answer, false), resident.tokens().size());
      }
    }
    residents.used(resident);
    return resident.tokens().size();
  }

  private void publishStats() {
    stats =
        new LlamaStats(
            steps,
            decodedTokens,
            prefillTokens,
            running.size(),
            queued.get(),
            stepMillis,
            pacer.chunkTokens(true),
            residents.releasedForRoom(),
            preemptions);
  }
}
