package dev.hourglass.server;

import dev.hourglass.protocol.request.InvalidRequest;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** The way off the event loop for whatever waits, and back. */
final class BlockingWork {
  private final Executor executor;

  /**
   * Creates the way.
   *
   * @param executor a virtual thread for each task
   */
  BlockingWork(Executor executor) {
    this.executor = executor;
  }

  /** What to answer, written on the event loop. */
  interface Reply {
    void to(Exchange exchange);

    static Reply json(int status, byte[] json) {
      return exchange -> exchange.sendJson(status, json);
    }

    static Reply failure(HttpFailure failure) {
      return exchange -> exchange.fail(failure);
    }
  }

  /** Something that may wait, and then knows what to answer. */
  interface Work {
    Reply run() throws Exception;
  }

  void answer(Exchange exchange, Work work) {
    try {
      executor.execute(() -> run(exchange, work));
    } catch (RejectedExecutionException stopping) {
      exchange.failUnexpectedly(stopping);
    }
  }

  private static void run(Exchange exchange, Work work) {
    Reply reply;
    try {
      reply = work.run();
    } catch (InvalidRequest refusal) {
      reply = Reply.failure(HttpFailure.of(refusal));
    } catch (Exception defect) {
      reply = answered -> answered.failUnexpectedly(defect);
    }
    Reply decided = reply;
    exchange.onEventLoop(() -> decided.to(exchange));
  }
}
