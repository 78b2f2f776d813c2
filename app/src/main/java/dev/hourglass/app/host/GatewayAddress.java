package dev.hourglass.app.host;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Where a running gateway is found: at the flag's address, the environment's, or the usual one. */
public final class GatewayAddress {
  /** The usual one. */
  public static final String DEFAULT = "http://127.0.0.1:8080";

  private GatewayAddress() {}

  /**
   * The address.
   *
   * @param flag what the command line says; {@code null} for nothing
   */
  public static URI of(@Nullable String flag, Surroundings surroundings) {
    String text = flag != null ? flag : surroundings.variable("HOURGLASS_URL").orElse(DEFAULT);
    URI address = URI.create(text.replaceFirst("/+$", ""));
    if (address.getHost() == null) {
      throw new IllegalArgumentException("url: " + text + " (expected: such as " + DEFAULT + ")");
    }
    return address;
  }
}
