package dev.hourglass.server;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.response.DestructionReport;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The latest receipts, so many of destructions and so many of proven releases: where room is short,
 * releases are many. Safe from any thread.
 */
final class ReceiptLog {
  static final int MOST = 200;
  private static final int USUAL = 50;

  private final Predicate<SessionId> textLeft;

  // Guarded by this. Newest first.
  private final Deque<DestructionReceipt> destructions = new ArrayDeque<>();

  private final Deque<DestructionReceipt> releases = new ArrayDeque<>();

  /**
   * Creates an empty log.
   *
   * @param textLeft whether erased text of a session may still be in the store's files
   */
  ReceiptLog(Predicate<SessionId> textLeft) {
    this.textLeft = textLeft;
  }

  void note(Event event) {
    if (event instanceof Event.SessionDestroyed(_, DestructionReceipt receipt)) {
      add(receipt, destructions);
    } else if (event instanceof Event.SessionReleased(_, DestructionReceipt receipt)) {
      add(receipt, releases);
    }
  }

  private synchronized void add(DestructionReceipt receipt, Deque<DestructionReceipt> latest) {
    latest.addFirst(receipt);
    if (latest.size() > MOST) {
      latest.removeLast();
    }
  }

  private synchronized List<DestructionReceipt> of(TenantId tenant, int most) {
    return Stream.concat(destructions.stream(), releases.stream())
        .filter(each -> each.tenant().equals(tenant))
        .sorted(Comparator.comparing(DestructionReceipt::startedAt).reversed())
        .limit(most)
        .toList();
  }

  /** {@code GET /v1/receipts}. */
  void list(Exchange exchange) {
    try {
      int limit = Page.number(exchange, "limit", USUAL, 1, MOST);
      exchange.sendJson(
          200,
          DestructionReport.listToJson(
              of(exchange.tenant(), limit).stream()
                  .map(receipt -> CoreTerms.report(receipt, textLeft.test(receipt.session())))
                  .toList()));
    } catch (InvalidRequest refusal) {
      exchange.fail(HttpFailure.of(refusal));
    }
  }
}
