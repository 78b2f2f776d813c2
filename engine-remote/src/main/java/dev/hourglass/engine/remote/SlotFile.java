package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.KvSnapshot;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A snapshot that lies on the disk of the server that took it. Its bytes are the file's name, since
 * the file cannot be read from here; only that server can put it back.
 */
final class SlotFile implements KvSnapshot {
  private final String server;
  private final String file;
  private final int kvTokens;
  private final Runnable discard;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param discard done once, when nobody needs the file any more
   */
  SlotFile(String server, String file, int kvTokens, Runnable discard) {
    this.server = server;
    this.file = file;
    this.kvTokens = kvTokens;
    this.discard = discard;
  }

  boolean isOf(String name) {
    return server.equals(name) && !closed.get();
  }

  String file() {
    return file;
  }

  @Override
  public String fingerprint() {
    return "slot file of " + server;
  }

  @Override
  public int kvTokens() {
    return kvTokens;
  }

  @Override
  public MemorySegment bytes() {
    byte[] name = file.getBytes(StandardCharsets.UTF_8);
    return MemorySegment.ofBuffer(ByteBuffer.allocateDirect(name.length).put(name).flip());
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      discard.run();
    }
  }
}
