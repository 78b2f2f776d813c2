package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.EngineFault;

/** A generation cannot begin; carries the answer for the client. */
final class GenerationRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient EngineFault fault;

  GenerationRefusedException(EngineFault.Kind kind, String message) {
    super(message);
    fault = new EngineFault(kind, message);
  }

  EngineFault fault() {
    return fault;
  }
}
