package dev.hourglass.engine.llama;

import dev.hourglass.core.digest.Sha256;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A model file that was looked through before native code may have it: its header is whole, and
 * each tensor lies inside the file.
 *
 * @param fingerprint SHA-256 over the size, the header (metadata, vocabulary, tensor list) and 64
 *     blocks spread over the weights; tells models apart without reading gigabytes
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
record GgufFile(Path file, long bytes, String fingerprint) {
  private static final int MAGIC = 0x46554747;
  private static final int SAMPLES = 64;
  private static final int SAMPLE_BYTES = 4096;
  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ENTRIES = 1 << 20;
  private static final int TYPE_STRING = 8;
  private static final int TYPE_ARRAY = 9;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Looks through the file. */
  static GgufFile check(Path file) throws EngineUnavailableException {
    if (!Files.isRegularFile(file)) {
      throw new EngineUnavailableException("model " + file + " does not exist");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      long size = channel.size();
      if (size < 24) {
        throw broken(file, "it has " + size + " bytes");
      }
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long headerBytes = new Reader(file, bytes).checkHeader();
      return new GgufFile(file, size, fingerprint(bytes, headerBytes));
    } catch (IOException failure) {
      throw new EngineUnavailableException(
          "model " + file + " is unreadable: " + failure.getMessage(), failure);
    }
  }

  private static EngineUnavailableException broken(Path file, String why) {
    return new EngineUnavailableException(
        "model " + file + " is not a usable GGUF file: " + why + "; fetch it again");
  }

  private static String fingerprint(MemorySegment bytes, long headerBytes) {
    MessageDigest digest = Sha256.begin();
    digest.update(Long.toString(bytes.byteSize()).getBytes(StandardCharsets.US_ASCII));
    update(digest, bytes, 0, headerBytes);
    long data = bytes.byteSize() - headerBytes;
    for (int sample = 0; sample < SAMPLES; sample++) {
      long start = headerBytes + data / SAMPLES * sample;
      update(digest, bytes, start, Math.min(start + SAMPLE_BYTES, bytes.byteSize()));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, MemorySegment bytes, long from, long to) {
    for (long at = from; at < to; at += 1 << 20) {
      digest.update(bytes.asSlice(at, Math.min(1 << 20, to - at)).asByteBuffer());
    }
  }

  private static final class Reader {
    private final Path file;
    private final MemorySegment bytes;
    private long position;
    private long alignment = 32;

    Reader(Path file, MemorySegment bytes) {
      this.file = file;
      this.bytes = bytes;
    }

    long checkHeader() throws EngineUnavailableException {
      if (readInt() != MAGIC) {
        throw broken(file, "it does not begin with GGUF");
      }
      int version = readInt();
      if (version != 2 && version != 3) {
        throw broken(file, "version " + version + " (expected: 2 or 3)");
      }
      long tensors = readCount("tensors");
      long entries = readCount("metadata entries");
      for (long entry = 0; entry < entries; entry++) {
        String key = readString();
        int type = readInt();
        if (key.equals("general.alignment") && type == 4) {
          alignment = Math.max(1, readInt());
        } else {
          skipValue(type, 0);
        }
      }
      long lastEnd = 0;
      for (long tensor = 0; tensor < tensors; tensor++) {
        lastEnd = Math.max(lastEnd, readTensorEnd());
      }
      long data = (position + alignment - 1) / alignment * alignment;
      if (data + lastEnd > bytes.byteSize()) {
        throw broken(
            file,
            "it is cut off at " + bytes.byteSize() + " bytes (expected: " + (data + lastEnd) + ")");
      }
      return position;
    }

    private long readTensorEnd() throws EngineUnavailableException {
      readString();
      int dimensions = readInt();
      if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
        throw broken(file, "a tensor has " + dimensions + " dimensions");
      }
      long elements = 1;
      for (int dimension = 0; dimension < dimensions; dimension++) {
        long length = readLong();
        if (length < 1 || length > (1L << 40) / elements) {
          throw broken(file, "a tensor has a dimension of " + length);
        }
        elements *= length;
      }
      int type = readInt();
      long offset = readLong();
      if (offset < 0 || offset > bytes.byteSize()) {
        throw broken(file, "it is cut off at " + bytes.byteSize() + " bytes");
      }
      return offset + leastBytes(type, elements);
    }

    /** A lower bound where the type is not in the table. */
    private static long leastBytes(int type, long elements) {
      return switch (type) {
        case 0, 26 -> elements * 4;
        case 1, 25, 30 -> elements * 2;
        case 2 -> elements / 32 * 18;
        case 3 -> elements / 32 * 20;
        case 6 -> elements / 32 * 22;
        case 7 -> elements / 32 * 24;
        case 8 -> elements / 32 * 34;
        case 10 -> elements / 256 * 84;
        case 11 -> elements / 256 * 110;
        case 12 -> elements / 256 * 144;
        case 13 -> elements / 256 * 176;
        case 14 -> elements / 256 * 210;
        default -> elements / 8;
      };
    }

    private void skipValue(int type, int depth) throws EngineUnavailableException {
      if (type == TYPE_STRING) {
        skip(readLong());
      } else if (type == TYPE_ARRAY) {
        int elementType = readInt();
        long length = readLong();
        if (depth > 2 || length < 0 || length > bytes.byteSize()) {
          throw broken(file, "an array of " + length + " values");
        }
        if (elementType == TYPE_STRING || elementType == TYPE_ARRAY) {
          for (long index = 0; index < length; index++) {
            skipValue(elementType, depth + 1);
          }
        } else {
          skip(length * scalarBytes(elementType));
        }
      } else {
        skip(scalarBytes(type));
      }
    }

    private long scalarBytes(int type) throws EngineUnavailableException {
      return switch (type) {
        case 0, 1, 7 -> 1;
        case 2, 3 -> 2;
        case 4, 5, 6 -> 4;
        case 10, 11, 12 -> 8;
        default -> throw broken(file, "metadata of the unknown type " + type);
      };
    }

    private long readCount(String what) throws EngineUnavailableException {
      long count = readLong();
      if (count < 0 || count > MAX_ENTRIES) {
        throw broken(file, count + " " + what);
      }
      return count;
    }

    private String readString() throws EngineUnavailableException {
      long length = readLong();
      if (length < 0 || length > 1 << 16) {
        throw broken(file, "a name of " + length + " bytes");
      }
      long start = position;
      skip(length);
      return new String(
          bytes.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private int readInt() throws EngineUnavailableException {
      long start = position;
      skip(4);
      return bytes.get(INT, start);
    }

    private long readLong() throws EngineUnavailableException {
      long start = position;
      skip(8);
      return bytes.get(LONG, start);
    }

    private void skip(long count) throws EngineUnavailableException {
      if (count < 0 || count > bytes.byteSize() - position) {
        throw broken(file, "it is cut off at " + bytes.byteSize() + " bytes, inside its header");
      }
      position += count;
    }
  }
}
