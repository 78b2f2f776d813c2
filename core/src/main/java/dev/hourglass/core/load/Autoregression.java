package dev.hourglass.core.load;

import java.util.Arrays;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.CholeskyDecomposition;

/**
 * An autoregression of order p, fitted anew at each point: <i>y(t) = c + φ₁·y(t−1) + … + φₚ·y(t−p)
 * + ε</i>, and iterated to the horizon.
 *
 * <p>G. E. P. Box, G. M. Jenkins, <i>Time Series Analysis: Forecasting and Control</i>, 1970;
 * Hyndman and Athanasopoulos, section 9.3. Conditional least squares over the history: the normal
 * equations of the centred lags, solved by Cholesky. A ridge of a millionth of their variance keeps
 * them solvable where lags say the same (a constant, a straight line). What is iterated stays
 * within the history's range, widened by itself on either side, so that an explosive fit cannot run
 * away.
 */
final class Autoregression implements Expert {
  private static final double RIDGE = 1e-6;
  private static final int POINTS_PER_COEFFICIENT = 3;

  private final int order;
  private final double[] coefficients;
  private final double[] path;

  Autoregression(int order) {
    this.order = order;
    this.coefficients = new double[order];
    this.path = new double[order + Horizon.TWO_MINUTES.steps()];
  }

  @Override
  public String method() {
    return "ar" + order;
  }

  @Override
  public Family family() {
    return Family.AUTOREGRESSION;
  }

  @Override
  public void observe(LoadHistory history) {
    double[] values = new double[history.size()];
    double lowest = Double.POSITIVE_INFINITY;
    double highest = Double.NEGATIVE_INFINITY;
    for (int index = 0; index < values.length; index++) {
      values[index] = history.point(index);
      lowest = Math.min(lowest, values[index]);
      highest = Math.max(highest, values[index]);
    }
    double range = highest - lowest;
    if (values.length < order + POINTS_PER_COEFFICIENT * (order + 1) || range <= 0) {
      Arrays.fill(path, history.latestPoint());
      return;
    }
    double constant = fit(values);
    iterate(values, constant, lowest - range, highest + range);
  }

  /** Sets the coefficients; returns the constant. */
  private double fit(double[] values) {
    int rows = values.length - order;
    double[] means = new double[order + 1];
    for (int lag = 0; lag <= order; lag++) {
      for (int row = 0; row < rows; row++) {
        means[lag] += values[order + row - lag];
      }
      means[lag] /= rows;
    }
    double[][] normal = new double[order][order];
    double[] right = new double[order];
    for (int lag = 1; lag <= order; lag++) {
      for (int other = 0; other <= lag; other++) {
        double sum = 0;
        for (int row = order; row < values.length; row++) {
          sum += (values[row - lag] - means[lag]) * (values[row - other] - means[other]);
        }
        if (other == 0) {
          right[lag - 1] = sum;
        } else {
          normal[lag - 1][other - 1] = sum;
          normal[other - 1][lag - 1] = sum;
        }
      }
    }
    double trace = 0;
    for (int lag = 0; lag < order; lag++) {
      trace += normal[lag][lag];
    }
    if (trace <= 0) {
      Arrays.fill(coefficients, 0);
      return means[0];
    }
    for (int lag = 0; lag < order; lag++) {
      normal[lag][lag] += RIDGE * trace / order;
    }
    double[] solution =
        new CholeskyDecomposition(
                new Array2DRowRealMatrix(normal, false),
                CholeskyDecomposition.DEFAULT_RELATIVE_SYMMETRY_THRESHOLD,
                0)
            .getSolver()
            .solve(new ArrayRealVector(right, false))
            .toArray();
    double constant = means[0];
    for (int lag = 1; lag <= order; lag++) {
      coefficients[lag - 1] = solution[lag - 1];
      constant -= solution[lag - 1] * means[lag];
    }
    return constant;
  }

  private void iterate(double[] values, double constant, double least, double most) {
    System.arraycopy(values, values.length - order, path, 0, order);
    for (int step = 0; step < path.length - order; step++) {
      double value = constant;
      for (int lag = 1; lag <= order; lag++) {
        value += coefficients[lag - 1] * path[order + step - lag];
      }
      path[order + step] = Math.clamp(value, least, most);
    }
  }

  @Override
  public double forecast(Horizon horizon) {
    return path[order + horizon.steps() - 1];
  }
}
