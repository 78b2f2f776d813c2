package dev.hourglass.engine.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.hourglass.core.engine.TokenLogprob;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The model's own distribution at one place, before any sampling filter. */
final class Candidates {
  private final NativeModel model;
  private final float[] logits;
  private final double logNormalizer;

  Candidates(NativeModel model, MemorySegment nativeLogits) {
    this.model = model;
    logits = nativeLogits.toArray(JAVA_FLOAT);
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    logNormalizer = largest + Math.log(sum);
  }

  /** The chosen token's log probability with the likeliest alternatives. */
  TokenLogprob logprob(int token, int alternatives) {
    List<TokenLogprob.Alternative> likeliest = new ArrayList<>();
    for (int other : likeliest(alternatives)) {
      likeliest.add(new TokenLogprob.Alternative(model.tokenPiece(other), logprob(other)));
    }
    return new TokenLogprob(model.tokenPiece(token), logprob(token), likeliest);
  }

  private double logprob(int token) {
    return logits[token] - logNormalizer;
  }

  private int[] likeliest(int count) {
    int[] best = new int[Math.min(count, logits.length)];
    int found = 0;
    for (int token = 0; token < logits.length && best.length > 0; token++) {
      if (found == best.length && logits[token] <= logits[best[found - 1]]) {
        continue;
      }
      int place = found < best.length ? found++ : found - 1;
      while (place > 0 && logits[best[place - 1]] < logits[token]) {
        best[place] = best[place - 1];
        place--;
      }
      best[place] = token;
    }
    return best;
  }
}
