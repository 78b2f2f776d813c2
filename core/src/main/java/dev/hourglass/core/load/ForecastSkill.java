package dev.hourglass.core.load;

/**
 * How good the forecasts of a signal were of late, in the signal's own unit.
 *
 * @param meanError mean absolute error of the mixture
 * @param naiveError that of taking the last value
 * @param meanLoad the mean of what came
 */
public record ForecastSkill(double meanError, double naiveError, double meanLoad) {

  /** The error in percent of the load; NaN where there was none. */
  public double wape() {
    return 100 * meanError / meanLoad;
  }

  /**
   * <i>1 − error / naive error</i>: 1 is perfect, 0 no better than naive; NaN without any error.
   */
  public double againstNaive() {
    return 1 - meanError / naiveError;
  }

  /** How many times the floor the error is, where so many of the load cannot be known. */
  public double againstFloor(double unknown) {
    return wape() / PoissonFloor.wape(meanLoad, unknown);
  }
}
