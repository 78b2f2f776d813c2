package dev.hourglass.embed.onnx;

/** The sum of vectors, each weighted by the tokens that it stands for. */
final class WeightedSum {
  private final float[] sum;
  private int tokens;

  WeightedSum(int dimensions) {
    sum = new float[dimensions];
  }

  void add(float[] vector, int vectorTokens) {
    for (int index = 0; index < sum.length; index++) {
      sum[index] += Math.max(1, vectorTokens) * vector[index];
    }
    tokens += vectorTokens;
  }

  int tokens() {
    return tokens;
  }

  /** Its direction. */
  float[] ofLengthOne() {
    double squares = 0;
    for (float component : sum) {
      squares += component * component;
    }
    float[] direction = new float[sum.length];
    for (int index = 0; index < sum.length && squares > 0; index++) {
      direction[index] = (float) (sum[index] / Math.sqrt(squares));
    }
    return direction;
  }
}
