package dev.hourglass.core.activity;

import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches how active sessions are.
 *
 * <p>What a turn costs on the request path is a few numbers and a place in a bounded queue; what it
 * was about is found out off the path, by {@link #measureTopics}. A turn that finds the queue full
 * is {@link #skipped}: its topic is not looked at, the rest counts.
 */
public final class ActivityWatch {
  private static final int TEXT_CHARACTERS = 2_000;
  private static final int USUALLY_WAITING = 1_024;

  private final ActivityWeights weights;
  private final Embedder embedder;
  private final Embedder words = new LexicalEmbedder();
  private final int mostWaiting;
  private final LongSupplier nanoClock;
  private final TurnPulse pulse = new TurnPulse();

  private final Queue<Said> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingTurns = new AtomicInteger();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder embedded = new LongAdder();
  private final LongAdder byWords = new LongAdder();

  /** A turn whose topic is to be found out. */
  private record Said(SessionActivity session, @Nullable String text, long arrivedNanos) {}

  /**
   * Creates a watch.
   *
   * @param embedder where it cannot tell, words are compared instead
   * @param mostWaiting turns that wait to be looked at, at most
   */
  public ActivityWatch(
      ActivityWeights weights, Embedder embedder, int mostWaiting, LongSupplier nanoClock) {
    if (mostWaiting < 1) {
      throw new IllegalArgumentException("waiting: " + mostWaiting + " (expected: >= 1)");
    }
    this.weights = weights;
    this.embedder = embedder;
    this.mostWaiting = mostWaiting;
    this.nanoClock = nanoClock;
  }

  /** A watch with the usual weights that compares words. */
  public static ActivityWatch ofWords(LongSupplier nanoClock) {
    return new ActivityWatch(
        ActivityWeights.DEFAULTS, _ -> Optional.empty(), USUALLY_WAITING, nanoClock);
  }

  /**
   * A turn of a session has ended. Returns at once.
   *
   * @param userText what its user said last; {@code null} where nobody did
   * @param turnNanos from its arrival until now; a negative time counts as none
   * @param firstTextSeconds from its arrival to the first text; negative if none came
   */
  public void turnEnded(
      SessionActivity session, @Nullable String userText, long turnNanos, double firstTextSeconds) {
    long now = nanoClock.getAsLong();
    long arrived = now - Math.max(0, turnNanos);
    session.turnEnded(arrived, now, firstTextSeconds);
    if (waitingTurns.incrementAndGet() > mostWaiting) {
      waitingTurns.decrementAndGet();
      skipped.increment();
      return;
    }
    waiting.add(new Said(session, userText == null ? null : beginning(userText), arrived));
  }

  /** A long text is not held for its length: what it is about shows at its beginning. */
  private static String beginning(String text) {
    return text.length() <= TEXT_CHARACTERS ? text : text.substring(0, TEXT_CHARACTERS);
  }

  /**
   * Looks at the turns that wait. Takes as long as embedding them does; called on one thread at a
   * time, off the data path, every second or so.
   */
  public void measureTopics() {
    // Those that come meanwhile are left for the next time, so that this ends.
    for (int left = waitingTurns.get(); left > 0; left--) {
      Said said = waiting.poll();
      if (said == null) {
        break;
      }
      waitingTurns.decrementAndGet();
      pulse.turn(said.arrivedNanos);
      if (said.text != null) {
        said.session.topic(vector(said.text));
      }
    }
    pulse.now(nanoClock.getAsLong());
  }

  private TopicVector vector(String text) {
    Optional<TopicVector> vector = embedder.embed(text);
    if (vector.isPresent()) {
      embedded.increment();
      return vector.get();
    }
    byWords.increment();
    return words.embed(text).orElseThrow();
  }

  /** How active a session is now. */
  public ActivityScore score(SessionActivity session) {
    return session.score(nanoClock.getAsLong(), weights);
  }

  /** The rhythm of the whole house. */
  public TurnPulse pulse() {
    return pulse;
  }

  /** Turns that wait to be looked at. */
  public int waiting() {
    return waitingTurns.get();
  }

  /** Turns that found the queue full. */
  public long skipped() {
    return skipped.sum();
  }

  /** Turns that the embedder could place. */
  public long embedded() {
    return embedded.sum();
  }

  /** Turns that it could not, whose words were compared instead. */
  public long byWords() {
    return byWords.sum();
  }
}
