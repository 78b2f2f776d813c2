package dev.hourglass.engine.llama;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What other threads want of the engine's thread: a bounded queue that can be closed for good. */
final class Mailbox {
  private final int bound;
  private final Queue<Command> commands = new ArrayDeque<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private boolean closed;

  /** Something to do on the engine's thread. */
  @FunctionalInterface
  interface Command {
    void run();
  }

  /** What came of a delivery. */
  enum Delivery {
    ACCEPTED,
    FULL,
    CLOSED
  }

  Mailbox(int bound) {
    this.bound = bound;
  }

  Delivery post(Command command) {
    lock.lock();
    try {
      if (closed) {
        return Delivery.CLOSED;
      }
      if (commands.size() >= bound) {
        return Delivery.FULL;
      }
      commands.add(command);
      arrived.signal();
      return Delivery.ACCEPTED;
    } finally {
      lock.unlock();
    }
  }

  /** Refuses what comes from now on; what is here already is still handed out. */
  void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Nullable Command poll() {
    lock.lock();
    try {
      return commands.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Parks the thread until there is a command or the mailbox is closed. */
  void awaitArrival() {
    lock.lock();
    try {
      while (commands.isEmpty() && !closed) {
        arrived.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
