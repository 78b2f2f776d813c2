package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One llama.cpp context: the cells of its KV cache, the batch to decode next, the logits of the
 * last one. Belongs to one thread.
 *
 * <p>Cells are counted in the library's own table, cell by cell: its {@code seq_pos_max} answers 0
 * both for nothing and for one token, so it cannot prove that nothing is left.
 *
 * <p>The library gets some cells more than may be used, as many as a batch has tokens. After moving
 * cells together it plans for a batch right behind the last used cell, and aborts the process when
 * that lies beyond the cache; so there must always be room for one.
 */
final class NativeContext implements AutoCloseable {
  private static final int MAX_DEFRAGMENT_PASSES = 64;

  private final LlamaLibrary library;
  private final MemorySegment context;
  private final int cells;
  private final int sequences;
  private final int batchTokens;
  private final int vocabTokens;
  private final boolean canShift;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment view;
  private final MemorySegment batch;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment sequenceIds;
  private final MemorySegment wantsLogits;
  private final MemorySegment candidates;
  private final MemorySegment candidateArray;
  private final long emptyStateBytes;
  private final long stateBytesPerToken;
  private int batched;

  private NativeContext(
      LlamaLibrary library,
      NativeModel model,
      MemorySegment context,
      LlamaLibrary.ContextParams params) {
    this.library = library;
    this.context = context;
    cells = params.kvTokens();
    sequences = params.sequences();
    batchTokens = params.batchTokens();
    vocabTokens = model.vocabTokens();
    canShift = library.kvCanShift(context);
    view = library.kvViewInit(context, sequences, arena);
    tokens = arena.allocate(JAVA_INT, batchTokens);
    positions = arena.allocate(JAVA_INT, batchTokens);
    sequenceIds = arena.allocate(JAVA_INT, batchTokens);
    wantsLogits = arena.allocate(JAVA_BYTE, batchTokens);
    MemorySegment sequenceCounts = arena.allocate(JAVA_INT, batchTokens);
    MemorySegment sequencePointers = arena.allocate(ADDRESS, batchTokens);
    for (int index = 0; index < batchTokens; index++) {
      sequenceCounts.setAtIndex(JAVA_INT, index, 1);
      sequencePointers.setAtIndex(ADDRESS, index, sequenceIds.asSlice(4L * index));
    }
    batch = arena.allocate(LlamaLibrary.BATCH);
    batch.set(ADDRESS, LlamaLibrary.offset(LlamaLibrary.BATCH, "token"), tokens);
    batch.set(ADDRESS, LlamaLibrary.offset(LlamaLibrary.BATCH, "pos"), positions);
    batch.set(ADDRESS, LlamaLibrary.offset(LlamaLibrary.BATCH, "n_seq_id"), sequenceCounts);
    batch.set(ADDRESS, LlamaLibrary.offset(LlamaLibrary.BATCH, "seq_id"), sequencePointers);
    batch.set(ADDRESS, LlamaLibrary.offset(LlamaLibrary.BATCH, "logits"), wantsLogits);
    candidates = arena.allocate(LlamaLibrary.TOKEN_DATA, vocabTokens);
    candidateArray = arena.allocate(LlamaLibrary.TOKEN_DATA_ARRAY);
    emptyStateBytes = library.stateSize(context, 0);
    addToBatch(model.beginOfText().orElse(0), 0, 0, true);
    int outcome = decode();
    stateBytesPerToken = library.stateSize(context, 0) - emptyStateBytes;
    library.kvRemove(context, 0, -1, -1);
    if (outcome != 0) {
      throw new IllegalStateException("the first decode answered " + outcome);
    }
  }

  static NativeContext create(
      LlamaLibrary library, NativeLog log, NativeModel model, LlamaLibrary.ContextParams params)
      throws EngineUnavailableException {
    log.forgetErrors();
    MemorySegment context =
        library.contextInit(
            model.handle(), params.withKvTokens(params.kvTokens() + params.batchTokens()));
    if (context.address() == 0) {
      throw new EngineUnavailableException(
          "no context of "
              + params.kvTokens()
              + " KV tokens could be made (is there enough memory?): "
              + log.firstError());
    }
    try {
      return new NativeContext(library, model, context, params);
    } catch (IllegalStateException failure) {
      library.contextFree(context);
      throw new EngineUnavailableException(
          "the model does not compute: " + failure.getMessage(), failure);
    }
  }

  MemorySegment handle() {
    return context;
  }

  /** Cells that may be used. */
  int cells() {
    return cells;
  }

  int sequences() {
    return sequences;
  }

  int batchTokens() {
    return batchTokens;
  }

  int usedCells() {
    return library.kvUsedCells(context);
  }

  boolean canShift() {
    return canShift;
  }

  // The batch.

  void clearBatch() {
    batched = 0;
  }

  int batchedTokens() {
    return batched;
  }

  /** Adds a token and answers its index in the batch. */
  int addToBatch(int token, int position, int sequence, boolean logits) {
    tokens.setAtIndex(JAVA_INT, batched, token);
    positions.setAtIndex(JAVA_INT, batched, position);
    sequenceIds.setAtIndex(JAVA_INT, batched, sequence);
    wantsLogits.set(JAVA_BYTE, batched, (byte) (logits ? 1 : 0));
    return batched++;
  }

  /** Decodes the batch; 0 is success, anything else leaves the cells as they were. */
  int decode() {
    batch.set(JAVA_INT, 0, batched);
    return library.decode(context, batch);
  }

  /** The raw logits at a place of the last batch; valid until the next decode. */
  MemorySegment logits(int batchIndex) {
    return library.logits(context, batchIndex).reinterpret(4L * vocabTokens);
  }

  /**
   * Every token with its logit, as samplers take it. There is one such array: a second call
   * overwrites the first.
   */
  MemorySegment candidates(int batchIndex) {
    MemorySegment logits = logits(batchIndex);
    for (int token = 0; token < vocabTokens; token++) {
      setCandidate(token, token, logits.getAtIndex(JAVA_FLOAT, token));
    }
    return candidateArray(vocabTokens);
  }

  /** A single token as samplers take it, in the place of {@link #candidates}. */
  MemorySegment candidate(int token) {
    setCandidate(0, token, 1);
    return candidateArray(1);
  }

  int selectedToken() {
    long selected =
        candidateArray.get(
            JAVA_LONG, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "selected"));
    return selected < 0 ? -1 : candidates.get(JAVA_INT, selected * 12);
  }

  float selectedLogit() {
    long selected =
        candidateArray.get(
            JAVA_LONG, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "selected"));
    return selected < 0 ? Float.NEGATIVE_INFINITY : candidates.get(JAVA_FLOAT, selected * 12 + 4);
  }

  float firstCandidateLogit() {
    return candidates.get(JAVA_FLOAT, 4);
  }

  private void setCandidate(int index, int token, float logit) {
    candidates.set(JAVA_INT, index * 12L, token);
    candidates.set(JAVA_FLOAT, index * 12L + 4, logit);
    candidates.set(JAVA_FLOAT, index * 12L + 8, 0);
  }

  private MemorySegment candidateArray(int size) {
    candidateArray.set(ADDRESS, 0, candidates);
    candidateArray.set(JAVA_LONG, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "size"), size);
    candidateArray.set(
        JAVA_LONG, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "selected"), -1);
    candidateArray.set(
        JAVA_BYTE, LlamaLibrary.offset(LlamaLibrary.TOKEN_DATA_ARRAY, "sorted"), (byte) 0);
    return candidateArray;
  }

  // The cells.

  /** Removes the cells of a sequence from a position on. */
  void remove(int sequence, int fromPosition) {
    library.kvRemove(context, sequence, fromPosition, -1);
  }

  /** Lets {@code target} share the cells of {@code source} in a range of positions. */
  void share(int source, int target, int fromPosition, int toPosition) {
    library.kvCopy(context, source, target, fromPosition, toPosition);
  }

  /**
   * Cuts positions out of the middle of a sequence and moves up what follows. The cells from {@code
   * fromPosition} on must not be shared: their positions would shift in the other sequence too.
   */
  void cut(int sequence, int fromPosition, int toPosition, int endPosition) {
    library.kvRemove(context, sequence, fromPosition, toPosition);
    library.kvAdd(context, sequence, toPosition, endPosition, fromPosition - toPosition);
    library.kvUpdate(context);
  }

  /** Moves used cells together until the free ones are in one piece or no pass helps any more. */
  void defragment() {
    int contiguous = longestFreeRun();
    int free = view.get(JAVA_INT, 0) - usedCells();
    for (int pass = 0; pass < MAX_DEFRAGMENT_PASSES && contiguous < free; pass++) {
      library.kvDefragment(context);
      int now = longestFreeRun();
      if (now <= contiguous && pass > 0) {
        return;
      }
      contiguous = now;
    }
  }

  private int longestFreeRun() {
    library.kvViewUpdate(context, view);
    return view.get(JAVA_INT, LlamaLibrary.offset(LlamaLibrary.KV_VIEW, "max_contiguous"));
  }

  /** Counts the cells of every sequence, a shared cell for each of its owners. */
  int[] countCells() {
    int[] counts = new int[sequences];
    MemorySegment owners = owners();
    long entries = owners.byteSize() / 4;
    for (long entry = 0; entry < entries; entry++) {
      int sequence = owners.getAtIndex(JAVA_INT, entry);
      if (sequence >= 0 && sequence < sequences) {
        counts[sequence]++;
      }
    }
    return counts;
  }

  int countCells(int sequence) {
    return countCells()[sequence];
  }

  /** Whether a cell of the sequence at or after a position has another owner as well. */
  boolean sharesCells(int sequence, int fromPosition) {
    MemorySegment owners = owners();
    int viewCells = (int) (owners.byteSize() / 4 / sequences);
    MemorySegment cellPositions =
        view.get(ADDRESS, LlamaLibrary.offset(LlamaLibrary.KV_VIEW, "cells"))
            .reinterpret(4L * viewCells);
    for (int cell = 0; cell < viewCells; cell++) {
      if (cellPositions.getAtIndex(JAVA_INT, cell) < fromPosition) {
        continue;
      }
      boolean mine = false;
      int count = 0;
      for (int owner = 0; owner < sequences; owner++) {
        int id = owners.getAtIndex(JAVA_INT, (long) cell * sequences + owner);
        if (id < 0) {
          break;
        }
        count++;
        mine |= id == sequence;
      }
      if (mine && count > 1) {
        return true;
      }
    }
    return false;
  }

  private MemorySegment owners() {
    library.kvViewUpdate(context, view);
    long viewCells = view.get(JAVA_INT, LlamaLibrary.offset(LlamaLibrary.KV_VIEW, "n_cells"));
    return view.get(ADDRESS, LlamaLibrary.offset(LlamaLibrary.KV_VIEW, "cells_sequences"))
        .reinterpret(4L * viewCells * sequences);
  }

  // The state of a sequence as bytes.

  long stateBytes(int tokenCount) {
    return emptyStateBytes + stateBytesPerToken * tokenCount;
  }

  /** Copies the state out; {@code false} where the library wrote anything but the whole. */
  boolean readState(int sequence, MemorySegment target) {
    return library.stateSize(context, sequence) == target.byteSize()
        && library.stateGet(context, target, sequence) == target.byteSize();
  }

  /**
   * Puts a state back; {@code false} where there was no contiguous room, the sequence then empty.
   */
  boolean writeState(int sequence, MemorySegment source) {
    return library.stateSet(context, source, sequence) == source.byteSize();
  }

  @Override
  public void close() {
    library.kvViewFree(view);
    library.contextFree(context);
    arena.close();
  }
}
