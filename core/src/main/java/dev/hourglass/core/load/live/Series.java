package dev.hourglass.core.load.live;

/**
 * One signal of one place.
 *
 * @param place the model whose engine it is measured at, or {@link #HOST}
 */
public record Series(LoadSignal signal, String place) {
  /** The machine that the gateway runs on. */
  public static final String HOST = "host";
}
