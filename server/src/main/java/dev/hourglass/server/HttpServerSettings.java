package dev.hourglass.server;

import dev.hourglass.protocol.request.RequestLimits;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the server listens and how patient it is.
 *
 * @param host an address or name of this machine
 * @param port 0 to 65535; 0 takes any free one
 * @param insecure whether to serve anybody on an address that others reach, without API keys
 * @param requests how large a request may be
 * @param connections how long and how many
 * @param tls what it proves its name with; {@code null} for plain HTTP
 * @param destructionWait how long the destruction of a session is waited for before its receipt is
 *     left to be fetched
 */
public record HttpServerSettings(
    String host,
    int port,
    boolean insecure,
    RequestLimits requests,
    ConnectionLimits connections,
    @Nullable Tls tls,
    Duration destructionWait) {
  /**
   * A certificate and its key, both PEM files.
   *
   * @param certificate with those of its authorities behind it
   * @param http2 whether HTTP/2 is offered beside HTTP/1.1
   */
  public record Tls(Path certificate, Path key, boolean http2) {}

  /** A server of plain HTTP. */
  public HttpServerSettings(
      String host,
      int port,
      boolean insecure,
      RequestLimits requests,
      ConnectionLimits connections,
      Duration destructionWait) {
    this(host, port, insecure, requests, connections, null, destructionWait);
  }

  public static final HttpServerSettings DEFAULTS =
      new HttpServerSettings(
          "127.0.0.1",
          8080,
          false,
          RequestLimits.DEFAULTS,
          ConnectionLimits.DEFAULTS,
          Duration.ofSeconds(2));

  public HttpServerSettings {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: empty (expected: an address or a name)");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
    }
    if (destructionWait.isNegative()) {
      throw new IllegalArgumentException(
          "destruction wait: " + destructionWait + " (expected: not negative)");
    }
  }
}
