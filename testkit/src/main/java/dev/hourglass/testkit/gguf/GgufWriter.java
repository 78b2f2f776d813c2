package dev.hourglass.testkit.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a GGUF version 3 file of F32 tensors.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
final class GgufWriter {
  private static final int MAGIC = 0x46554747;
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int TYPE_UINT32 = 4;
  private static final int TYPE_INT32 = 5;
  private static final int TYPE_FLOAT32 = 6;
  private static final int TYPE_BOOL = 7;
  private static final int TYPE_STRING = 8;
  private static final int TYPE_ARRAY = 9;
  private static final int TENSOR_F32 = 0;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private int metadataCount;

  private record Tensor(String name, List<Integer> shape, FloatBuffer values) {}

  void putString(String key, String value) {
    putKey(key, TYPE_STRING);
    writeString(metadata, value);
  }

  void putInt(String key, int value) {
    putKey(key, TYPE_UINT32);
    writeInt(metadata, value);
  }

  void putFloat(String key, float value) {
    putKey(key, TYPE_FLOAT32);
    writeInt(metadata, Float.floatToRawIntBits(value));
  }

  void putBoolean(String key, boolean value) {
    putKey(key, TYPE_BOOL);
    metadata.write(value ? 1 : 0);
  }

  void putStrings(String key, List<String> values) {
    putArray(key, TYPE_STRING, values.size());
    values.forEach(value -> writeString(metadata, value));
  }

  void putFloats(String key, float[] values) {
    putArray(key, TYPE_FLOAT32, values.length);
    for (float value : values) {
      writeInt(metadata, Float.floatToRawIntBits(value));
    }
  }

  void putInts(String key, int[] values) {
    putArray(key, TYPE_INT32, values.length);
    for (int value : values) {
      writeInt(metadata, value);
    }
  }

  /** Adds a tensor; {@code shape} has the fastest dimension first, as GGUF does. */
  void addTensor(String name, List<Integer> shape, float[] values) {
    tensors.add(new Tensor(name, shape, FloatBuffer.wrap(values)));
  }

  void writeTo(Path file) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    writeInt(head, MAGIC);
    writeInt(head, VERSION);
    writeLong(head, tensors.size());
    writeLong(head, metadataCount);
    metadata.writeTo(head);
    long offset = 0;
    for (Tensor tensor : tensors) {
      writeString(head, tensor.name());
      writeInt(head, tensor.shape().size());
      for (int dimension : tensor.shape()) {
        writeLong(head, dimension);
      }
      writeInt(head, TENSOR_F32);
      writeLong(head, offset);
      offset = aligned(offset + 4L * tensor.values().capacity());
    }
    pad(head);
    for (Tensor tensor : tensors) {
      ByteBuffer bytes =
          ByteBuffer.allocate(4 * tensor.values().capacity()).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(tensor.values().duplicate());
      head.write(bytes.array());
      pad(head);
    }
    Files.write(file, head.toByteArray());
  }

  private void putKey(String key, int type) {
    metadataCount++;
    writeString(metadata, key);
    writeInt(metadata, type);
  }

  private void putArray(String key, int elementType, int length) {
    putKey(key, TYPE_ARRAY);
    writeInt(metadata, elementType);
    writeLong(metadata, length);
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void pad(ByteArrayOutputStream out) {
    long missing = aligned(out.size()) - out.size();
    out.writeBytes(new byte[(int) missing]);
  }

  private static void writeString(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    writeLong(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void writeInt(ByteArrayOutputStream out, int value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void writeLong(ByteArrayOutputStream out, long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
