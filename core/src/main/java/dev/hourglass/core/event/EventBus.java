package dev.hourglass.core.event;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners what happens, at once, on the thread where it happens and possibly under a
 * session's lock: listeners return quickly and do not call back. A listener that throws is logged
 * and does not stop the others.
 */
public final class EventBus {
  private static final Logger log = LoggerFactory.getLogger(EventBus.class);

  private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

  public void subscribe(Consumer<Event> listener) {
    listeners.add(listener);
  }

  public void publish(Event event) {
    for (Consumer<Event> listener : listeners) {
      try {
        listener.accept(event);
      } catch (RuntimeException defect) {
        log.error("listener failed on {}", event.getClass().getSimpleName(), defect);
      }
    }
  }
}
