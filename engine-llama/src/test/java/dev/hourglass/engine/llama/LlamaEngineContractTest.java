package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.testkit.engine.EngineContractTest;

class LlamaEngineContractTest extends EngineContractTest {
  @Override
  protected Engine openEngine() {
    return LlamaEngines.open();
  }
}
