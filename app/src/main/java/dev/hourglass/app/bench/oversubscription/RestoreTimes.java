package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.app.cold.ColdFiles;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.TemporaryFolder;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.residency.ColdStore;
import dev.hourglass.core.residency.ColdStoreException;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** From which length on putting a state back is faster than computing it again. */
final class RestoreTimes {
  static final int ROUNDS = 5;
  private static final int[] WORDS = {2, 4, 8, 16, 32, 64, 128};
  private static final TenantId TENANT = new TenantId("bench");

  private final LlamaSettings settings;
  private final SecureRandom random = new SecureRandom();
  private long bytesPerToken;

  RestoreTimes(LlamaSettings settings) {
    this.settings = settings;
  }

  /** Medians of the time to the first text of a turn that goes on with a state of that length. */
  record Row(int kvTokens, double computedMillis, double warmMillis, double coldMillis) {}

  /** Bytes of a snapshot for each of its tokens, in the longest that was measured. */
  long bytesPerToken() {
    return bytesPerToken;
  }

  List<Row> measure() throws IOException, ExpectedFailure {
    LlamaOpening opening =
        LlamaEngine.open(settings, new LeastRecentlyUsed(), (_, _) -> {}, System::nanoTime, random);
    List<Row> rows = new ArrayList<>();
    switch (opening) {
      case LlamaOpening.Opened(LlamaEngine engine) -> {
        try (engine;
            TemporaryFolder folder = TemporaryFolder.create();
            ColdFiles cold = ColdFiles.open(folder.path(), random)) {
          measure(engine, cold, WORDS[0]);
          for (int words : WORDS) {
            rows.add(measure(engine, cold, words));
          }
        }
      }
      case LlamaOpening.Unavailable(String reason) -> throw new ExpectedFailure(reason);
    }
    return rows;
  }

  private Row measure(LlamaEngine engine, ColdStore cold, int words) throws ExpectedFailure {
    List<Double> computed = new ArrayList<>();
    List<Double> warm = new ArrayList<>();
    List<Double> onDisk = new ArrayList<>();
    int kvTokens = 0;
    for (int round = 0; round < ROUNDS; round++) {
      SessionId session = SessionId.random(random);
      String text = text(words);
      firstText(engine, session, text);
      try (KvSnapshot snapshot = taken(await(engine.snapshot(session)))) {
        kvTokens = snapshot.kvTokens();
        bytesPerToken = snapshot.bytes().byteSize() / kvTokens;
        await(engine.release(session));
        computed.add(firstText(engine, session, text + " next"));
        await(engine.release(session));
        warm.add(millis(() -> restored(engine, session, snapshot, text)));
        await(engine.release(session));
        ColdStore.Label label =
            new ColdStore.Label(session, TENANT, snapshot.fingerprint(), kvTokens);
        long number = cold.write(label, snapshot.bytes());
        onDisk.add(
            millis(() -> {
              try (KvSnapshot thawed = cold.read(number, label)) {
                restored(engine, session, thawed, text);
              }
            }));
        await(engine.release(session));
        cold.delete(number);
      } catch (ColdStoreException failure) {
        throw new ExpectedFailure("the disk: " + failure.getMessage());
      }
    }
    return new Row(kvTokens, median(computed), median(warm), median(onDisk));
  }

  private static void restored(
      LlamaEngine engine, SessionId session, KvSnapshot snapshot, String text)
      throws ExpectedFailure {
    if (!(await(engine.restore(session, snapshot)) instanceof KvOutcome.Applied)) {
      throw new ExpectedFailure("a snapshot could not be put back");
    }
    firstText(engine, session, text + " next");
  }

  private interface Step {
    void run() throws ColdStoreException, ExpectedFailure;
  }

  private static double millis(Step step) throws ColdStoreException, ExpectedFailure {
    long before = System.nanoTime();
    step.run();
    return (System.nanoTime() - before) / 1e6;
  }

  private static double firstText(LlamaEngine engine, SessionId session, String text) {
    CompletableFuture<Long> first = new CompletableFuture<>();
    CompletableFuture<Void> end = new CompletableFuture<>();
    long before = System.nanoTime();
    engine.generate(
        new GenerationRequest(session, TENANT, new Prompt.Text(text), Sampling.GREEDY, 1, true),
        new GenerationSink() {
          @Override
          public void started(PromptUsage usage) {}

          @Override
          public void text(TextDelta delta) {
            first.complete(System.nanoTime());
          }

          @Override
          public void ended(GenerationEnd over) {
            first.complete(System.nanoTime());
            end.complete(null);
          }
        });
    end.join();
    return (first.join() - before) / 1e6;
  }

  /** Differs from all others at its first word, so that no beginning is shared. */
  private String text(int words) {
    Random drawn = new Random(random.nextLong());
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < words; word++) {
      text.append(Integer.toString(drawn.nextInt(36 * 36 * 36), 36)).append(' ');
    }
    return text.append("end").toString();
  }

  private static KvSnapshot taken(SnapshotOutcome outcome) throws ExpectedFailure {
    if (outcome instanceof SnapshotOutcome.Taken(KvSnapshot snapshot)) {
      return snapshot;
    }
    throw new ExpectedFailure("no snapshot could be taken: " + outcome);
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
