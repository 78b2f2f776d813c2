package dev.hourglass.core.engine;

/** A sink in front of another one, to which everything goes that a subclass leaves alone. */
public abstract class ForwardingSink implements GenerationSink {
  private final GenerationSink sink;

  protected ForwardingSink(GenerationSink sink) {
    this.sink = sink;
  }

  @Override
  public void placed(Placement placement) {
    sink.placed(placement);
  }

  @Override
  public void started(PromptUsage usage) {
    sink.started(usage);
  }

  @Override
  public void text(TextDelta delta) {
    sink.text(delta);
  }

  @Override
  public void ended(GenerationEnd end) {
    sink.ended(end);
  }
}
