package dev.hourglass.app.replay.forecast;

import dev.hourglass.core.load.ForecastScore;
import dev.hourglass.core.load.Horizon;
import java.util.Optional;

/**
 * One cell of the report.
 *
 * @param score of the method's forecasts; a floor has none
 * @param wape in percent
 */
record ForecastResult(
    String signal, String method, Horizon horizon, double wape, Optional<ForecastScore> score) {}
