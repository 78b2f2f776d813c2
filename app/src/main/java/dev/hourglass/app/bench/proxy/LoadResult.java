package dev.hourglass.app.bench.proxy;

import org.HdrHistogram.Histogram;

/**
 * What a load met.
 *
 * @param requests answered in full with status 200
 * @param failures answered otherwise, or not at all
 * @param seconds how long it lasted
 * @param micros from the intended start to the last byte of the answer
 */
record LoadResult(long requests, long failures, double seconds, Histogram micros) {
  double requestsPerSecond() {
    return requests / seconds;
  }
}
