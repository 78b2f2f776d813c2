package dev.hourglass.core.admission;

import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.load.limit.Criticality;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Those who wait, in their order: reservations whose time has come, then class by class, each in
 * the order of their places. Not safe for threads.
 */
final class WaitingRoom {
  private final Line reserved = new Line();
  private final Map<Criticality, Line> lines = new EnumMap<>(Criticality.class);
  private int size;

  WaitingRoom() {
    for (Criticality criticality : Criticality.values()) {
      lines.put(criticality, new Line());
    }
  }

  /** Waiters of one rank. Live sessions are apart, since they may come before new ones. */
  private static final class Line {
    private final NavigableMap<Long, Waiter> live = new TreeMap<>();
    private final NavigableMap<Long, Waiter> fresh = new TreeMap<>();

    NavigableMap<Long, Waiter> part(Standing standing) {
      return standing == Standing.NEW_SESSION ? fresh : live;
    }

    int size() {
      return live.size() + fresh.size();
    }

    Optional<Waiter> first(boolean liveFirst) {
      if (live.isEmpty() || fresh.isEmpty()) {
        return (live.isEmpty() ? fresh : live).values().stream().findFirst();
      }
      boolean takeLive = liveFirst || live.firstKey() < fresh.firstKey();
      return Optional.of((takeLive ? live : fresh).firstEntry().getValue());
    }

    int aheadOf(Waiter waiter, boolean liveFirst) {
      int ahead = part(waiter.standing()).headMap(waiter.place()).size();
      if (waiter.standing() == Standing.NEW_SESSION) {
        return ahead + (liveFirst ? live.size() : live.headMap(waiter.place()).size());
      }
      return liveFirst ? ahead : ahead + fresh.headMap(waiter.place()).size();
    }
  }

  private Line line(Waiter waiter) {
    return waiter.standing() == Standing.RESERVED ? reserved : line(waiter.criticality());
  }

  private Line line(Criticality criticality) {
    return lines.computeIfAbsent(criticality, _ -> new Line());
  }

  void add(Waiter waiter) {
    if (line(waiter).part(waiter.standing()).putIfAbsent(waiter.place(), waiter) != null) {
      throw new IllegalStateException("place " + waiter.place() + " is taken");
    }
    size++;
  }

  /** Whether it was here. */
  boolean remove(Waiter waiter) {
    boolean here = line(waiter).part(waiter.standing()).remove(waiter.place(), waiter);
    if (here) {
      size--;
    }
    return here;
  }

  int size() {
    return size;
  }

  Optional<Waiter> firstReserved() {
    return reserved.first(false);
  }

  Optional<Waiter> first(Criticality criticality, boolean liveFirst) {
    return line(criticality).first(liveFirst);
  }

  /** How many stand before one who is here. */
  int aheadOf(Waiter waiter, boolean liveFirst) {
    if (waiter.standing() == Standing.RESERVED) {
      return reserved.aheadOf(waiter, false);
    }
    return moreCritical(waiter.criticality()) + line(waiter).aheadOf(waiter, liveFirst);
  }

  /** How many would stand before one who came now. */
  int aheadOfNext(Criticality criticality) {
    return moreCritical(criticality) + line(criticality).size();
  }

  private int moreCritical(Criticality criticality) {
    int before = reserved.size();
    for (Map.Entry<Criticality, Line> line : lines.entrySet()) {
      before += line.getKey().compareTo(criticality) < 0 ? line.getValue().size() : 0;
    }
    return before;
  }
}
