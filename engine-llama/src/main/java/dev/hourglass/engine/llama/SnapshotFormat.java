package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.session.TenantId;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * A session's KV state as bytes: who it belongs to, its tokens and their text, and the library's
 * own state of the sequence. Numbers are big-endian.
 *
 * <pre>
 *   "HGKV" | version i32 | fingerprint 32 bytes
 *   | whole length i64 | offset of the state i64
 *   | tenant | token count i32, tokens i32… | exact tokens i32
 *   | left-out messages i32, digest | segment count i32, (control i8, end token i32, text)…
 *   | state … | CRC-32C i32 over all before it
 * </pre>
 *
 * Texts and the digest are a length (i32) and bytes. Nothing of a snapshot reaches native code
 * before its checksum, its fingerprint, every length in it and the head of the state were checked.
 */
final class SnapshotFormat {
  private static final byte[] MAGIC = "HGKV".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int FINGERPRINT_BYTES = 32;
  private static final int LENGTH_OFFSET = 4 + 4 + FINGERPRINT_BYTES;
  private static final int HEAD_BYTES = LENGTH_OFFSET + 16;
  private static final int CHECKSUM_BYTES = 4;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NATIVE_INT = ValueLayout.JAVA_INT_UNALIGNED;

  private final String fingerprint;

  SnapshotFormat(String fingerprint) {
    this.fingerprint = fingerprint;
  }

  /** Why bytes are not a snapshot for this engine. */
  static final class UnusableSnapshotException extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    UnusableSnapshotException(String reason) {
      super(reason);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /**
   * The content of a snapshot.
   *
   * @param state the library's bytes, inside the snapshot
   */
  record Content(
      TenantId tenant,
      TokenList tokens,
      int exactTokens,
      Trace trace,
      PromptPlanner.LeftOut leftOut,
      MemorySegment state) {}

  /** Reads a resident's state out of the context. */
  KvSnapshot take(Resident resident, NativeContext context) throws UnusableSnapshotException {
    byte[] meta = metadata(resident);
    long stateOffset = (long) HEAD_BYTES + meta.length;
    long stateBytes = context.stateBytes(resident.tokens().size());
    long length = stateOffset + stateBytes + CHECKSUM_BYTES;
    Arena arena = Arena.ofShared();
    boolean whole = false;
    try {
      MemorySegment bytes = arena.allocate(length);
      MemorySegment.copy(MAGIC, 0, bytes, JAVA_BYTE, 0, MAGIC.length);
      bytes.set(INT, 4, VERSION);
      byte[] print = HexFormat.of().parseHex(fingerprint);
      MemorySegment.copy(print, 0, bytes, JAVA_BYTE, 8, print.length);
      bytes.set(LONG, LENGTH_OFFSET, length);
      bytes.set(LONG, LENGTH_OFFSET + 8, stateOffset);
      MemorySegment.copy(meta, 0, bytes, JAVA_BYTE, HEAD_BYTES, meta.length);
      if (!context.readState(resident.sequence(), bytes.asSlice(stateOffset, stateBytes))) {
        throw new UnusableSnapshotException("the library did not give the whole state");
      }
      bytes.set(INT, length - CHECKSUM_BYTES, checksum(bytes, length - CHECKSUM_BYTES));
      whole = true;
      return new ArenaSnapshot(arena, bytes, fingerprint, resident.tokens().size());
    } finally {
      if (!whole) {
        arena.close();
      }
    }
  }

  /** Checks a snapshot to the last length. */
  Content parse(KvSnapshot snapshot, NativeContext context, int contextTokens, int vocabTokens)
      throws UnusableSnapshotException {
    MemorySegment bytes = snapshot.bytes();
    long length = bytes.byteSize();
    if (length < HEAD_BYTES + CHECKSUM_BYTES
        || bytes.asSlice(0, 4).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
      throw new UnusableSnapshotException("not a snapshot");
    }
    int version = bytes.get(INT, 4);
    if (version != VERSION) {
      throw new UnusableSnapshotException("version " + version + " (expected: " + VERSION + ")");
    }
    if (bytes.get(LONG, LENGTH_OFFSET) != length) {
      throw new UnusableSnapshotException(
          "cut off: " + length + " bytes (expected: " + bytes.get(LONG, LENGTH_OFFSET) + ")");
    }
    if (bytes.get(INT, length - CHECKSUM_BYTES) != checksum(bytes, length - CHECKSUM_BYTES)) {
      throw new UnusableSnapshotException("damaged: the checksum differs");
    }
    String print = HexFormat.of().formatHex(bytes.asSlice(8, FINGERPRINT_BYTES).toArray(JAVA_BYTE));
    if (!print.equals(fingerprint)) {
      throw new UnusableSnapshotException("of another model or layout");
    }
    long stateOffset = bytes.get(LONG, LENGTH_OFFSET + 8);
    if (stateOffset < HEAD_BYTES || stateOffset > length - CHECKSUM_BYTES) {
      throw new UnusableSnapshotException("its state begins at " + stateOffset);
    }
    MemorySegment state = bytes.asSlice(stateOffset, length - CHECKSUM_BYTES - stateOffset);
    Content content =
        new Reader(bytes.asSlice(HEAD_BYTES, stateOffset - HEAD_BYTES), vocabTokens)
            .content(state, contextTokens);
    requireState(state, content.tokens().size(), context);
    return content;
  }

  /**
   * The state begins with the number of cells, then for each its position and a 0. A wrong count
   * would make the library read past the end or trip over its own assertions.
   */
  private static void requireState(MemorySegment state, int tokens, NativeContext context)
      throws UnusableSnapshotException {
    if (state.byteSize() != context.stateBytes(tokens) || state.byteSize() < 4 + 8L * tokens) {
      throw new UnusableSnapshotException(
          "its state has "
              + state.byteSize()
              + " bytes (expected: "
              + context.stateBytes(tokens)
              + ")");
    }
    if (state.get(NATIVE_INT, 0) != tokens) {
      throw new UnusableSnapshotException("its cells are not its tokens");
    }
    boolean[] seen = new boolean[tokens];
    for (int cell = 0; cell < tokens; cell++) {
      int position = state.get(NATIVE_INT, 4 + 8L * cell);
      int owners = state.get(NATIVE_INT, 8 + 8L * cell);
      if (position < 0 || position >= tokens || seen[position] || owners != 0) {
        throw new UnusableSnapshotException("its cells are out of order");
      }
      seen[position] = true;
    }
  }

  private static byte[] metadata(Resident resident) {
    Trace trace = new Trace(resident.trace().entries());
    trace.truncate(resident.tokens().size());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writeBytes(out, resident.tenant().value().getBytes(StandardCharsets.UTF_8));
      int[] tokens = resident.tokens().toArray();
      out.writeInt(tokens.length);
      for (int token : tokens) {
        out.writeInt(token);
      }
      out.writeInt(resident.exactTokens());
      out.writeInt(resident.leftOut().messages());
      writeBytes(out, resident.leftOut().digest().getBytes(StandardCharsets.UTF_8));
      out.writeInt(trace.entries().size());
      for (Trace.Entry entry : trace.entries()) {
        out.writeByte(entry.segment().control() ? 1 : 0);
        out.writeInt(entry.endToken());
        writeBytes(out, entry.segment().text().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static int checksum(MemorySegment bytes, long length) {
    CRC32C checksum = new CRC32C();
    for (long at = 0; at < length; at += 1 << 24) {
      checksum.update(bytes.asSlice(at, Math.min(1 << 24, length - at)).asByteBuffer());
    }
    return (int) checksum.getValue();
  }

  private static final class Reader {
    private final MemorySegment bytes;
    private final int vocabTokens;
    private long position;

    Reader(MemorySegment bytes, int vocabTokens) {
      this.bytes = bytes;
      this.vocabTokens = vocabTokens;
    }

    Content content(MemorySegment state, int contextTokens) throws UnusableSnapshotException {
      TenantId tenant = tenant();
      int[] tokens = new int[count(contextTokens, "tokens")];
      if (tokens.length == 0) {
        throw new UnusableSnapshotException("no tokens");
      }
      for (int index = 0; index < tokens.length; index++) {
        tokens[index] = readInt();
        if (tokens[index] < 0 || tokens[index] >= vocabTokens) {
          throw new UnusableSnapshotException("token " + tokens[index] + " is not one");
        }
      }
      int exact = count(tokens.length, "exact tokens");
      int left = count(Integer.MAX_VALUE, "left-out messages");
      PromptPlanner.LeftOut leftOut =
          new PromptPlanner.LeftOut(left, new String(readBytes(), StandardCharsets.UTF_8));
      Trace trace = new Trace();
      int segments = count((int) Math.min(bytes.byteSize(), Integer.MAX_VALUE), "segments");
      for (int segment = 0; segment < segments; segment++) {
        boolean control = readBytes(1)[0] != 0;
        int end = readInt();
        if (end < trace.endToken() || end > tokens.length) {
          throw new UnusableSnapshotException("a segment ends at token " + end);
        }
        trace.add(new Segment(new String(readBytes(), StandardCharsets.UTF_8), control), end);
      }
      if (position != bytes.byteSize()) {
        throw new UnusableSnapshotException("more metadata than expected");
      }
      return new Content(tenant, new TokenList(tokens), exact, trace, leftOut, state);
    }

    private TenantId tenant() throws UnusableSnapshotException {
      try {
        return new TenantId(new String(readBytes(), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException invalid) {
        throw new UnusableSnapshotException("no tenant");
      }
    }

    private int count(int most, String what) throws UnusableSnapshotException {
      int count = readInt();
      if (count < 0 || count > most) {
        throw new UnusableSnapshotException(count + " " + what + " (expected: 0 to " + most + ")");
      }
      return count;
    }

    private int readInt() throws UnusableSnapshotException {
      require(4);
      int value = bytes.get(INT, position);
      position += 4;
      return value;
    }

    private byte[] readBytes() throws UnusableSnapshotException {
      return readBytes(readInt());
    }

    private byte[] readBytes(int length) throws UnusableSnapshotException {
      require(length);
      byte[] read = bytes.asSlice(position, length).toArray(JAVA_BYTE);
      position += length;
      return read;
    }

    private void require(int length) throws UnusableSnapshotException {
      if (length < 0 || length > bytes.byteSize() - position) {
        throw new UnusableSnapshotException("its metadata is cut off");
      }
    }
  }

  /** A snapshot in memory of its own. */
  private static final class ArenaSnapshot implements KvSnapshot {
    private final Arena arena;
    private final MemorySegment bytes;
    private final String fingerprint;
    private final int kvTokens;

    ArenaSnapshot(Arena arena, MemorySegment bytes, String fingerprint, int kvTokens) {
      this.arena = arena;
      this.bytes = bytes;
      this.fingerprint = fingerprint;
      this.kvTokens = kvTokens;
    }

    @Override
    public String fingerprint() {
      return fingerprint;
    }

    @Override
    public int kvTokens() {
      return kvTokens;
    }

    @Override
    public MemorySegment bytes() {
      return bytes.asReadOnly();
    }

    @Override
    public void close() {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}
