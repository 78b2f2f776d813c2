package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The functions of llama.cpp's C API that the engine calls, with their signatures at build b4916.
 *
 * <p>Everything native is declared here and nowhere else. The library stays loaded for the life of
 * the process: unloading it would pull the code away under the threads of its OpenMP runtime.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/b4916/include/llama.h">llama.h</a>
 */
final class LlamaLibrary {
  /** The llama.cpp build that the signatures below describe. */
  static final String BUILD = "b4916";

  private static final StructLayout MODEL_PARAMS =
      MemoryLayout.structLayout(
          ADDRESS.withName("devices"),
          JAVA_INT.withName("n_gpu_layers"),
          JAVA_INT.withName("split_mode"),
          JAVA_INT.withName("main_gpu"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("tensor_split"),
          ADDRESS.withName("progress_callback"),
          ADDRESS.withName("progress_callback_user_data"),
          ADDRESS.withName("kv_overrides"),
          JAVA_BOOLEAN.withName("vocab_only"),
          JAVA_BOOLEAN.withName("use_mmap"),
          JAVA_BOOLEAN.withName("use_mlock"),
          JAVA_BOOLEAN.withName("check_tensors"),
          MemoryLayout.paddingLayout(4));

  private static final StructLayout CONTEXT_PARAMS =
      MemoryLayout.structLayout(
          JAVA_INT.withName("n_ctx"),
          JAVA_INT.withName("n_batch"),
          JAVA_INT.withName("n_ubatch"),
          JAVA_INT.withName("n_seq_max"),
          JAVA_INT.withName("n_threads"),
          JAVA_INT.withName("n_threads_batch"),
          JAVA_INT.withName("rope_scaling_type"),
          JAVA_INT.withName("pooling_type"),
          JAVA_INT.withName("attention_type"),
          JAVA_FLOAT.withName("rope_freq_base"),
          JAVA_FLOAT.withName("rope_freq_scale"),
          JAVA_FLOAT.withName("yarn_ext_factor"),
          JAVA_FLOAT.withName("yarn_attn_factor"),
          JAVA_FLOAT.withName("yarn_beta_fast"),
          JAVA_FLOAT.withName("yarn_beta_slow"),
          JAVA_INT.withName("yarn_orig_ctx"),
          JAVA_FLOAT.withName("defrag_thold"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("cb_eval"),
          ADDRESS.withName("cb_eval_user_data"),
          JAVA_INT.withName("type_k"),
          JAVA_INT.withName("type_v"),
          JAVA_BOOLEAN.withName("logits_all"),
          JAVA_BOOLEAN.withName("embeddings"),
          JAVA_BOOLEAN.withName("offload_kqv"),
          JAVA_BOOLEAN.withName("flash_attn"),
          JAVA_BOOLEAN.withName("no_perf"),
          MemoryLayout.paddingLayout(3),
          ADDRESS.withName("abort_callback"),
          ADDRESS.withName("abort_callback_data"));

  static final StructLayout BATCH =
      MemoryLayout.structLayout(
          JAVA_INT.withName("n_tokens"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("token"),
          ADDRESS.withName("embd"),
          ADDRESS.withName("pos"),
          ADDRESS.withName("n_seq_id"),
          ADDRESS.withName("seq_id"),
          ADDRESS.withName("logits"));

  static final StructLayout KV_VIEW =
      MemoryLayout.structLayout(
          JAVA_INT.withName("n_cells"),
          JAVA_INT.withName("n_seq_max"),
          JAVA_INT.withName("token_count"),
          JAVA_INT.withName("used_cells"),
          JAVA_INT.withName("max_contiguous"),
          JAVA_INT.withName("max_contiguous_idx"),
          ADDRESS.withName("cells"),
          ADDRESS.withName("cells_sequences"));

  static final StructLayout CHAT_MESSAGE =
      MemoryLayout.structLayout(ADDRESS.withName("role"), ADDRESS.withName("content"));

  static final StructLayout LOGIT_BIAS =
      MemoryLayout.structLayout(JAVA_INT.withName("token"), JAVA_FLOAT.withName("bias"));

  static final StructLayout TOKEN_DATA =
      MemoryLayout.structLayout(
          JAVA_INT.withName("id"), JAVA_FLOAT.withName("logit"), JAVA_FLOAT.withName("p"));

  static final StructLayout TOKEN_DATA_ARRAY =
      MemoryLayout.structLayout(
          ADDRESS.withName("data"),
          JAVA_LONG.withName("size"),
          JAVA_LONG.withName("selected"),
          JAVA_BOOLEAN.withName("sorted"),
          MemoryLayout.paddingLayout(7));

  private static final StructLayout CHAIN_PARAMS =
      MemoryLayout.structLayout(JAVA_BOOLEAN.withName("no_perf"));

  private static final ValueLayout.OfInt I32 = JAVA_INT;
  private static final ValueLayout.OfLong SIZE = JAVA_LONG;

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup symbols;

  private final MethodHandle backendInit;
  private final MethodHandle logSet;
  private final MethodHandle modelDefaultParams;
  private final MethodHandle contextDefaultParams;
  private final MethodHandle modelLoadFromFile;
  private final MethodHandle modelFree;
  private final MethodHandle initFromModel;
  private final MethodHandle contextFree;
  private final MethodHandle modelGetVocab;
  private final MethodHandle modelContextTrain;
  private final MethodHandle modelHasEncoder;
  private final MethodHandle modelIsRecurrent;
  private final MethodHandle modelChatTemplate;
  private final MethodHandle chatApplyTemplate;
  private final MethodHandle vocabTokens;
  private final MethodHandle vocabBos;
  private final MethodHandle vocabAddBos;
  private final MethodHandle vocabIsEog;
  private final MethodHandle vocabIsControl;
  private final MethodHandle tokenize;
  private final MethodHandle tokenToPiece;
  private final MethodHandle contextTokens;
  private final MethodHandle decode;
  private final MethodHandle logitsIth;
  private final MethodHandle kvSeqRemove;
  private final MethodHandle kvSeqCopy;
  private final MethodHandle kvSeqAdd;
  private final MethodHandle kvUsedCells;
  private final MethodHandle kvCanShift;
  private final MethodHandle kvDefrag;
  private final MethodHandle kvUpdate;
  private final MethodHandle kvViewInit;
  private final MethodHandle kvViewUpdate;
  private final MethodHandle kvViewFree;
  private final MethodHandle stateSeqSize;
  private final MethodHandle stateSeqGet;
  private final MethodHandle stateSeqSet;
  private final MethodHandle chainInit;
  private final MethodHandle chainAdd;
  private final MethodHandle samplerFree;
  private final MethodHandle samplerApply;
  private final MethodHandle samplerAccept;
  private final MethodHandle initGreedy;
  private final MethodHandle initDist;
  private final MethodHandle initTopK;
  private final MethodHandle initTopP;
  private final MethodHandle initMinP;
  private final MethodHandle initTemp;
  private final MethodHandle initPenalties;
  private final MethodHandle initLogitBias;
  private final MethodHandle initGrammar;

  private LlamaLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
    backendInit = bind("llama_backend_init", FunctionDescriptor.ofVoid());
    logSet = bind("llama_log_set", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    modelDefaultParams = bind("llama_model_default_params", FunctionDescriptor.of(MODEL_PARAMS));
    contextDefaultParams =
        bind("llama_context_default_params", FunctionDescriptor.of(CONTEXT_PARAMS));
    modelLoadFromFile =
        bind("llama_model_load_from_file", FunctionDescriptor.of(ADDRESS, ADDRESS, MODEL_PARAMS));
    modelFree = bind("llama_model_free", FunctionDescriptor.ofVoid(ADDRESS));
    initFromModel =
        bind("llama_init_from_model", FunctionDescriptor.of(ADDRESS, ADDRESS, CONTEXT_PARAMS));
    contextFree = bind("llama_free", FunctionDescriptor.ofVoid(ADDRESS));
    modelGetVocab = bind("llama_model_get_vocab", FunctionDescriptor.of(ADDRESS, ADDRESS));
    modelContextTrain = bind("llama_model_n_ctx_train", FunctionDescriptor.of(I32, ADDRESS));
    modelHasEncoder = bind("llama_model_has_encoder", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
    modelIsRecurrent =
        bind("llama_model_is_recurrent", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
    modelChatTemplate =
        bind("llama_model_chat_template", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    chatApplyTemplate =
        bind(
            "llama_chat_apply_template",
            FunctionDescriptor.of(I32, ADDRESS, ADDRESS, SIZE, JAVA_BOOLEAN, ADDRESS, I32));
    vocabTokens = bind("llama_vocab_n_tokens", FunctionDescriptor.of(I32, ADDRESS));
    vocabBos = bind("llama_vocab_bos", FunctionDescriptor.of(I32, ADDRESS));
    vocabAddBos = bind("llama_vocab_get_add_bos", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
    vocabIsEog = bind("llama_vocab_is_eog", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, I32));
    vocabIsControl =
        bind("llama_vocab_is_control", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, I32));
    tokenize =
        bind(
            "llama_tokenize",
            FunctionDescriptor.of(
                I32, ADDRESS, ADDRESS, I32, ADDRESS, I32, JAVA_BOOLEAN, JAVA_BOOLEAN));
    tokenToPiece =
        bind(
            "llama_token_to_piece",
            FunctionDescriptor.of(I32, ADDRESS, I32, ADDRESS, I32, I32, JAVA_BOOLEAN));
    contextTokens = bind("llama_n_ctx", FunctionDescriptor.of(I32, ADDRESS));
    decode = bind("llama_decode", FunctionDescriptor.of(I32, ADDRESS, BATCH));
    logitsIth = bind("llama_get_logits_ith", FunctionDescriptor.of(ADDRESS, ADDRESS, I32));
    kvSeqRemove =
        bind("llama_kv_self_seq_rm", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, I32, I32, I32));
    kvSeqCopy =
        bind("llama_kv_self_seq_cp", FunctionDescriptor.ofVoid(ADDRESS, I32, I32, I32, I32));
    kvSeqAdd =
        bind("llama_kv_self_seq_add", FunctionDescriptor.ofVoid(ADDRESS, I32, I32, I32, I32));
    kvUsedCells = bind("llama_kv_self_used_cells", FunctionDescriptor.of(I32, ADDRESS));
    kvCanShift = bind("llama_kv_self_can_shift", FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
    kvDefrag = bind("llama_kv_self_defrag", FunctionDescriptor.ofVoid(ADDRESS));
    kvUpdate = bind("llama_kv_self_update", FunctionDescriptor.ofVoid(ADDRESS));
    kvViewInit = bind("llama_kv_cache_view_init", FunctionDescriptor.of(KV_VIEW, ADDRESS, I32));
    kvViewUpdate = bind("llama_kv_cache_view_update", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    kvViewFree = bind("llama_kv_cache_view_free", FunctionDescriptor.ofVoid(ADDRESS));
    stateSeqSize = bind("llama_state_seq_get_size", FunctionDescriptor.of(SIZE, ADDRESS, I32));
    stateSeqGet =
        bind("llama_state_seq_get_data", FunctionDescriptor.of(SIZE, ADDRESS, ADDRESS, SIZE, I32));
    stateSeqSet =
        bind("llama_state_seq_set_data", FunctionDescriptor.of(SIZE, ADDRESS, ADDRESS, SIZE, I32));
    chainInit = bind("llama_sampler_chain_init", FunctionDescriptor.of(ADDRESS, CHAIN_PARAMS));
    chainAdd = bind("llama_sampler_chain_add", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    samplerFree = bind("llama_sampler_free", FunctionDescriptor.ofVoid(ADDRESS));
    samplerApply = bind("llama_sampler_apply", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    samplerAccept = bind("llama_sampler_accept", FunctionDescriptor.ofVoid(ADDRESS, I32));
    initGreedy = bind("llama_sampler_init_greedy", FunctionDescriptor.of(ADDRESS));
    initDist = bind("llama_sampler_init_dist", FunctionDescriptor.of(ADDRESS, I32));
    initTopK = bind("llama_sampler_init_top_k", FunctionDescriptor.of(ADDRESS, I32));
    initTopP = bind("llama_sampler_init_top_p", FunctionDescriptor.of(ADDRESS, JAVA_FLOAT, SIZE));
    initMinP = bind("llama_sampler_init_min_p", FunctionDescriptor.of(ADDRESS, JAVA_FLOAT, SIZE));
    initTemp = bind("llama_sampler_init_temp", FunctionDescriptor.of(ADDRESS, JAVA_FLOAT));
    initPenalties =
        bind(
            "llama_sampler_init_penalties",
            FunctionDescriptor.of(ADDRESS, I32, JAVA_FLOAT, JAVA_FLOAT, JAVA_FLOAT));
    initLogitBias =
        bind("llama_sampler_init_logit_bias", FunctionDescriptor.of(ADDRESS, I32, I32, ADDRESS));
    initGrammar =
        bind(
            "llama_sampler_init_grammar",
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
  }

  /** Opens the library in {@code file}; runs no {@code JNI_OnLoad}. */
  static LlamaLibrary open(Path file) throws EngineUnavailableException {
    SymbolLookup symbols;
    try {
      symbols = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException failure) {
      throw new EngineUnavailableException(
          "native library "
              + file
              + " does not load (it needs libgomp and libstdc++; on Debian: apt install libgomp1"
              + " libstdc++6)",
          failure);
    }
    try {
      return new LlamaLibrary(symbols);
    } catch (IllegalStateException failure) {
      throw new EngineUnavailableException(
          "native library " + file + " is not llama.cpp " + BUILD + ": " + failure.getMessage(),
          failure);
    }
  }

  private MethodHandle bind(String name, FunctionDescriptor descriptor) {
    MemorySegment address =
        symbols
            .find(name)
            .orElseThrow(() -> new IllegalStateException("function " + name + " is missing"));
    return linker.downcallHandle(address, descriptor);
  }

  static long offset(GroupLayout layout, String field) {
    return layout.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }

  /** Starts the backend and sends its log to {@code log} from now on. */
  void initialize(NativeLog log) {
    try {
      MemorySegment callback =
          linker.upcallStub(
              log.handle(), FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), Arena.global());
      logSet.invokeExact(callback, MemorySegment.NULL);
      backendInit.invokeExact();
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Loads a model, or answers a null pointer. */
  MemorySegment modelLoad(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params =
          (MemorySegment) modelDefaultParams.invokeExact((SegmentAllocator) arena);
      return (MemorySegment)
          modelLoadFromFile.invokeExact(arena.allocateFrom(file.toString()), params);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void modelFree(MemorySegment model) {
    try {
      modelFree.invokeExact(model);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /**
   * How a context is made.
   *
   * <p>The library is told a number of sequences that is not ours: one cache serves them all, and
   * it uses that number for two other things. It clears an output row for each before every decode,
   * and it takes cells divided by sequences for the length of one context, by which it chooses
   * among a model's rope factors. So it is told how many whole contexts the cells make.
   *
   * @param kvTokens cells of the cache that all sequences share
   * @param contextTokens the longest that one sequence gets
   * @param batchTokens the most tokens in one decode
   * @param sequences the most sequences
   */
  record ContextParams(
      int kvTokens, int contextTokens, int batchTokens, int sequences, ComputeThreads threads) {
    ContextParams withKvTokens(int tokens) {
      return new ContextParams(tokens, contextTokens, batchTokens, sequences, threads);
    }
  }

  /** Creates a context, or answers a null pointer. */
  MemorySegment contextInit(MemorySegment model, ContextParams wanted) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params =
          (MemorySegment) contextDefaultParams.invokeExact((SegmentAllocator) arena);
      params.set(JAVA_INT, offset(CONTEXT_PARAMS, "n_ctx"), wanted.kvTokens());
      params.set(JAVA_INT, offset(CONTEXT_PARAMS, "n_batch"), wanted.batchTokens());
      params.set(JAVA_INT, offset(CONTEXT_PARAMS, "n_ubatch"), wanted.batchTokens());
      params.set(
          JAVA_INT,
          offset(CONTEXT_PARAMS, "n_seq_max"),
          Math.ceilDiv(wanted.kvTokens(), wanted.contextTokens()));
      params.set(JAVA_INT, offset(CONTEXT_PARAMS, "n_threads"), wanted.threads().oneToken());
      params.set(
          JAVA_INT, offset(CONTEXT_PARAMS, "n_threads_batch"), wanted.threads().manyTokens());
      params.set(JAVA_FLOAT, offset(CONTEXT_PARAMS, "defrag_thold"), -1f);
      // On a processor it costs more than it saves: twice the time of a decode at 2,000 tokens.
      params.set(JAVA_BOOLEAN, offset(CONTEXT_PARAMS, "flash_attn"), false);
      params.set(JAVA_BOOLEAN, offset(CONTEXT_PARAMS, "no_perf"), true);
      return (MemorySegment) initFromModel.invokeExact(model, params);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void contextFree(MemorySegment context) {
    try {
      contextFree.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment modelVocab(MemorySegment model) {
    try {
      return (MemorySegment) modelGetVocab.invokeExact(model);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  int modelContextTrain(MemorySegment model) {
    try {
      return (int) modelContextTrain.invokeExact(model);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean modelHasEncoder(MemorySegment model) {
    try {
      return (boolean) modelHasEncoder.invokeExact(model);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean modelIsRecurrent(MemorySegment model) {
    try {
      return (boolean) modelIsRecurrent.invokeExact(model);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** The chat template in the model, or a null pointer. */
  MemorySegment modelChatTemplate(MemorySegment model) {
    try {
      return (MemorySegment) modelChatTemplate.invokeExact(model, MemorySegment.NULL);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Renders a chat; answers the bytes needed, or a negative number for an unknown template. */
  int chatApplyTemplate(
      MemorySegment template,
      MemorySegment messages,
      long count,
      boolean addAssistant,
      MemorySegment buffer) {
    try {
      return (int)
          chatApplyTemplate.invokeExact(
              template, messages, count, addAssistant, buffer, (int) buffer.byteSize());
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  int vocabTokens(MemorySegment vocab) {
    try {
      return (int) vocabTokens.invokeExact(vocab);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  int vocabBos(MemorySegment vocab) {
    try {
      return (int) vocabBos.invokeExact(vocab);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean vocabAddBos(MemorySegment vocab) {
    try {
      return (boolean) vocabAddBos.invokeExact(vocab);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean vocabIsEog(MemorySegment vocab, int token) {
    try {
      return (boolean) vocabIsEog.invokeExact(vocab, token);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean vocabIsControl(MemorySegment vocab, int token) {
    try {
      return (boolean) vocabIsControl.invokeExact(vocab, token);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Tokenises UTF-8 text; a negative answer is minus the number of tokens there would be. */
  int tokenize(
      MemorySegment vocab,
      MemorySegment text,
      int textBytes,
      MemorySegment tokens,
      int maxTokens,
      boolean parseSpecial) {
    try {
      return (int)
          tokenize.invokeExact(vocab, text, textBytes, tokens, maxTokens, false, parseSpecial);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** The bytes of a token, none for control tokens; a negative answer is minus the bytes needed. */
  int tokenToPiece(MemorySegment vocab, int token, MemorySegment buffer) {
    try {
      return (int)
          tokenToPiece.invokeExact(vocab, token, buffer, (int) buffer.byteSize(), 0, false);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  int contextTokens(MemorySegment context) {
    try {
      return (int) contextTokens.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Decodes a batch; 0 is success. A failed decode leaves the cells as they were. */
  int decode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) decode.invokeExact(context, batch);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment logits(MemorySegment context, int batchIndex) {
    try {
      return (MemorySegment) logitsIth.invokeExact(context, batchIndex);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean kvRemove(MemorySegment context, int sequence, int from, int to) {
    try {
      return (boolean) kvSeqRemove.invokeExact(context, sequence, from, to);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void kvCopy(MemorySegment context, int source, int target, int from, int to) {
    try {
      kvSeqCopy.invokeExact(context, source, target, from, to);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void kvAdd(MemorySegment context, int sequence, int from, int to, int delta) {
    try {
      kvSeqAdd.invokeExact(context, sequence, from, to, delta);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  int kvUsedCells(MemorySegment context) {
    try {
      return (int) kvUsedCells.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  boolean kvCanShift(MemorySegment context) {
    try {
      return (boolean) kvCanShift.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Carries out position shifts that were noted down. */
  void kvUpdate(MemorySegment context) {
    try {
      kvUpdate.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Moves cells together, as far as one pass of the library does. */
  void kvDefragment(MemorySegment context) {
    try {
      kvDefrag.invokeExact(context);
      kvUpdate.invokeExact(context);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment kvViewInit(MemorySegment context, int maxSequencesPerCell, Arena arena) {
    try {
      return (MemorySegment)
          kvViewInit.invokeExact((SegmentAllocator) arena, context, maxSequencesPerCell);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void kvViewUpdate(MemorySegment context, MemorySegment view) {
    try {
      kvViewUpdate.invokeExact(context, view);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void kvViewFree(MemorySegment view) {
    try {
      kvViewFree.invokeExact(view);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  long stateSize(MemorySegment context, int sequence) {
    try {
      return (long) stateSeqSize.invokeExact(context, sequence);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Copies a sequence's state out; answers the bytes written, 0 on failure. */
  long stateGet(MemorySegment context, MemorySegment target, int sequence) {
    try {
      return (long) stateSeqGet.invokeExact(context, target, target.byteSize(), sequence);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Puts a state back; answers the bytes read, 0 on failure, after which the sequence is empty. */
  long stateSet(MemorySegment context, MemorySegment source, int sequence) {
    try {
      return (long) stateSeqSet.invokeExact(context, source, source.byteSize(), sequence);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerChain() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = arena.allocate(CHAIN_PARAMS);
      params.set(JAVA_BYTE, 0, (byte) 1);
      return (MemorySegment) chainInit.invokeExact(params);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** Appends a sampler, which the chain owns from now on. */
  void samplerChainAdd(MemorySegment chain, MemorySegment sampler) {
    try {
      chainAdd.invokeExact(chain, sampler);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void samplerFree(MemorySegment sampler) {
    try {
      samplerFree.invokeExact(sampler);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void samplerApply(MemorySegment sampler, MemorySegment candidates) {
    try {
      samplerApply.invokeExact(sampler, candidates);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  void samplerAccept(MemorySegment sampler, int token) {
    try {
      samplerAccept.invokeExact(sampler, token);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerGreedy() {
    try {
      return (MemorySegment) initGreedy.invokeExact();
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerDistribution(int seed) {
    try {
      return (MemorySegment) initDist.invokeExact(seed);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerTopK(int k) {
    try {
      return (MemorySegment) initTopK.invokeExact(k);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerTopP(float p) {
    try {
      return (MemorySegment) initTopP.invokeExact(p, 1L);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerMinP(float p) {
    try {
      return (MemorySegment) initMinP.invokeExact(p, 1L);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerTemperature(float temperature) {
    try {
      return (MemorySegment) initTemp.invokeExact(temperature);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerPenalties(int lastTokens, float repeat, float frequency, float presence) {
    try {
      return (MemorySegment) initPenalties.invokeExact(lastTokens, repeat, frequency, presence);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  MemorySegment samplerLogitBias(int vocabTokens, int count, MemorySegment biases) {
    try {
      return (MemorySegment) initLogitBias.invokeExact(vocabTokens, count, biases);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  /** A sampler that enforces a grammar, or a null pointer when it does not parse. */
  MemorySegment samplerGrammar(MemorySegment vocab, MemorySegment grammar, MemorySegment root) {
    try {
      return (MemorySegment) initGrammar.invokeExact(vocab, grammar, root);
    } catch (Throwable failure) {
      throw broken(failure);
    }
  }

  private static IllegalStateException broken(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("native call failed", failure);
  }
}
