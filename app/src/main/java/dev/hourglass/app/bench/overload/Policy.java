package dev.hourglass.app.bench.overload;

/** How a house goes about overload. */
enum Policy {
  /** The gateway's own: a short wait, then a ticket. */
  TICKET("ticket"),
  /** As many turns as slots, and a second's pause for the others. */
  STATIC_LIMIT("static-limit"),
  /** Everybody is let in, and waits in the engine. */
  UNBOUNDED("unbounded");

  private final String label;

  Policy(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }
}
