package dev.hourglass.core.admission;

import dev.hourglass.core.admission.Rejection.TicketFault;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/**
 * Places that are kept for clients who are to come back. Not safe for threads.
 *
 * <p>How many there are, and how many of them are due soon, is counted as tickets come and go: each
 * passes once from the queue of those due later to that of those due soon, and from there, unless
 * it is used before, to nothing.
 */
final class OutstandingTickets {
  private final int most;
  private final long soonNanos;
  private final long graceNanos;
  private final TicketSeal seal;
  private final LongConsumer onExpiry;
  private final Map<Long, Ticket> bySerial = new HashMap<>();
  private final Map<BodyKey, TreeMap<Long, Ticket>> byBody = new HashMap<>();
  private final Queue<Ticket> later =
      new PriorityQueue<>(Comparator.comparingLong((Ticket ticket) -> ticket.dueNanos));
  private final Queue<Ticket> soon = new ArrayDeque<>();
  private final Map<Criticality, Count> counts = new EnumMap<>(Criticality.class);
  private long nextSerial;
  private long expired;

  /**
   * @param soonNanos what is due within this time is due soon
   * @param graceNanos how long after its time a ticket can be used
   * @param onExpiry told the place of each ticket whose holder did not come
   */
  OutstandingTickets(
      int most,
      long soonNanos,
      long graceNanos,
      RandomGenerator secureRandom,
      LongConsumer onExpiry) {
    this.most = most;
    this.soonNanos = soonNanos;
    this.graceNanos = graceNanos;
    this.seal = new TicketSeal(secureRandom);
    this.onExpiry = onExpiry;
    for (Criticality criticality : Criticality.values()) {
      counts.put(criticality, new Count());
    }
  }

  /** By what an unchanged request is recognised. */
  private record BodyKey(TenantId tenant, BodyHash body) {}

  private static final class Count {
    private int all;
    private int soon;
  }

  /** A place that is kept. */
  static final class Ticket {
    private final long serial;
    private final long place;
    private final Criticality criticality;
    private final BodyKey owner;
    private final long dueNanos;
    private boolean isSoon;
    private boolean over;

    private Ticket(long serial, long place, Criticality criticality, BodyKey owner, long dueNanos) {
      this.serial = serial;
      this.place = place;
      this.criticality = criticality;
      this.owner = owner;
      this.dueNanos = dueNanos;
    }

    long place() {
      return place;
    }

    Criticality criticality() {
      return criticality;
    }

    BodyHash body() {
      return owner.body;
    }

    /** Whether the client comes when it was told to, or later. */
    boolean isDue(long nowNanos) {
      return nowNanos >= dueNanos;
    }
  }

  /** What came of presenting a ticket. */
  sealed interface Redemption {
    record Redeemed(Ticket ticket) implements Redemption {}

    record Fault(TicketFault fault) implements Redemption {}
  }

  boolean isFull() {
    return bySerial.size() >= most;
  }

  int size() {
    return bySerial.size();
  }

  /** Tickets whose holders did not come. */
  long expired() {
    return expired;
  }

  /** Keeps a place; the text stands for it once. */
  String issue(long place, Criticality criticality, TenantId tenant, BodyHash body, long dueNanos) {
    Ticket ticket =
        new Ticket(nextSerial++, place, criticality, new BodyKey(tenant, body), dueNanos);
    bySerial.put(ticket.serial, ticket);
    byBody.computeIfAbsent(ticket.owner, _ -> new TreeMap<>()).put(ticket.serial, ticket);
    later.add(ticket);
    count(ticket).all++;
    return seal.seal(
        new TicketSeal.Content(ticket.serial, place, criticality, dueNanos + graceNanos), tenant);
  }

  /** What a ticket would be worth; changes nothing. */
  Redemption look(String text, TenantId tenant, long nowNanos) {
    Optional<TicketSeal.Content> content = seal.open(text, tenant);
    if (content.isEmpty()) {
      return new Redemption.Fault(TicketFault.UNKNOWN);
    }
    Ticket ticket = bySerial.get(content.get().serial());
    if (ticket != null) {
      return new Redemption.Redeemed(ticket);
    }
    return new Redemption.Fault(
        nowNanos >= content.get().expiryNanos() ? TicketFault.EXPIRED : TicketFault.USED);
  }

  /** The first ticket of such a request that is due until then. */
  Optional<Ticket> look(TenantId tenant, BodyHash body, long untilNanos) {
    TreeMap<Long, Ticket> same = byBody.get(new BodyKey(tenant, body));
    return same == null
        ? Optional.empty()
        : same.values().stream().filter(ticket -> ticket.dueNanos <= untilNanos).findFirst();
  }

  /** The ticket is used, and stands for nothing from now on. */
  void use(Ticket ticket) {
    if (ticket.over) {
      throw new IllegalStateException("ticket " + ticket.serial + " is used already");
    }
    ticket.over = true;
    bySerial.remove(ticket.serial);
    TreeMap<Long, Ticket> same = byBody.get(ticket.owner);
    if (same != null) {
      same.remove(ticket.serial);
      if (same.isEmpty()) {
        byBody.remove(ticket.owner);
      }
    }
    Count count = count(ticket);
    count.all--;
    if (ticket.isSoon) {
      count.soon--;
    }
  }

  /** Takes note that time has passed. */
  void passTo(long nowNanos) {
    for (Ticket ticket = later.peek();
        ticket != null && (ticket.over || ticket.dueNanos - nowNanos <= soonNanos);
        ticket = later.peek()) {
      later.remove();
      if (!ticket.over) {
        ticket.isSoon = true;
        count(ticket).soon++;
        soon.add(ticket);
      }
    }
    for (Ticket ticket = soon.peek();
        ticket != null && (ticket.over || nowNanos - ticket.dueNanos >= graceNanos);
        ticket = soon.peek()) {
      soon.remove();
      if (!ticket.over) {
        use(ticket);
        expired++;
        onExpiry.accept(ticket.place);
      }
    }
  }

  /** Tickets of classes that come before or with this one. */
  int upTo(Criticality criticality) {
    int sum = 0;
    for (Map.Entry<Criticality, Count> count : counts.entrySet()) {
      if (count.getKey().compareTo(criticality) <= 0) {
        sum += count.getValue().all;
      }
    }
    return sum;
  }

  /** Those of {@link #upTo} that are due soon. */
  int soonUpTo(Criticality criticality) {
    int sum = 0;
    for (Map.Entry<Criticality, Count> count : counts.entrySet()) {
      if (count.getKey().compareTo(criticality) <= 0) {
        sum += count.getValue().soon;
      }
    }
    return sum;
  }

  /** Those of {@link #upTo} that are ahead of a place of that class. */
  int aheadOf(Criticality criticality, long place) {
    int ahead = 0;
    for (Ticket ticket : bySerial.values()) {
      int order = ticket.criticality.compareTo(criticality);
      if (order < 0 || (order == 0 && ticket.place < place)) {
        ahead++;
      }
    }
    return ahead;
  }

  private Count count(Ticket ticket) {
    return counts.computeIfAbsent(ticket.criticality, _ -> new Count());
  }
}
