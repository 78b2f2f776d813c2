package dev.hourglass.server;

import dev.hourglass.core.session.TenantId;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may come in.
 *
 * <p>With API keys, whoever presents one. A browser never adds such a key on its own, so pages of
 * other origins can do nothing. Without keys the server is open, and then a page that the user
 * happens to visit must not speak in the user's name: on loopback, {@code Host} has to name this
 * machine (a page whose own name was rebound to 127.0.0.1 sends that name), and wherever an {@code
 * Origin} is sent it has to be the very address that the request was sent to.
 */
final class Doorkeeper {
  private final ApiKeys keys;
  private final String host;
  private final boolean loopback;

  /** The Host header that was found in order last: most clients send one and the same. */
  private volatile @Nullable String acceptedHost;

  Doorkeeper(ApiKeys keys, String host, boolean loopback) {
    this.keys = keys;
    this.host = host.toLowerCase(Locale.ROOT);
    this.loopback = loopback;
  }

  /** Whether only this machine reaches the address. */
  static boolean isLoopback(String host) throws UnknownHostException {
    return InetAddress.getByName(host).isLoopbackAddress();
  }

  /**
   * Looks at where a request comes from; {@code null} if nothing speaks against it.
   *
   * @param hosts the names that the request gives to the server
   */
  @Nullable HttpFailure objection(List<String> hosts, MultiMap headers) {
    if (!keys.isEmpty()) {
      return null;
    }
    if (hosts.size() != 1) {
      return forbidden("host", hosts.size() + " Host headers (expected: one)");
    }
    String given = hosts.getFirst();
    String authority = given.toLowerCase(Locale.ROOT);
    if (loopback && !given.equals(acceptedHost)) {
      if (!namesThisMachine(hostOf(authority))) {
        return forbidden(
            "host", "a Host that is not this machine's (expected: localhost, 127.0.0.1 or [::1])");
      }
      acceptedHost = given;
    }
    for (String origin : headers.getAll(HttpHeaders.ORIGIN)) {
      if (!origin.toLowerCase(Locale.ROOT).equals("http://" + authority)
          && !origin.toLowerCase(Locale.ROOT).equals("https://" + authority)) {
        return forbidden("origin", "another origin (expected: the server's own)");
      }
    }
    return null;
  }

  /** Finds out whose request it is. */
  Identification identify(MultiMap headers) {
    if (keys.isEmpty()) {
      return new Identification.Known(TenantId.DEFAULT);
    }
    String authorization = headers.get(HttpHeaders.AUTHORIZATION);
    if (authorization == null) {
      return new Identification.Unknown(
          HttpFailure.invalidApiKey(
              "no API key (expected: Authorization: Bearer, followed by a key)"));
    }
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return new Identification.Unknown(
          HttpFailure.invalidApiKey("another scheme (expected: Authorization: Bearer)"));
    }
    return keys.tenantOf(authorization.substring(7).strip())
        .<Identification>map(Identification.Known::new)
        .orElseGet(
            () -> new Identification.Unknown(HttpFailure.invalidApiKey("the API key is unknown")));
  }

  /** Who asks. */
  sealed interface Identification {
    record Known(TenantId tenant) implements Identification {}

    record Unknown(HttpFailure failure) implements Identification {}
  }

  private boolean namesThisMachine(@Nullable String name) {
    if (name == null) {
      return false;
    }
    return name.equals("localhost")
        || name.equals(host)
        || name.equals("[::1]")
        || name.equals("[" + host + "]")
        || name.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private static @Nullable String hostOf(String authority) {
    try {
      return new URI("http://" + authority).getHost();
    } catch (URISyntaxException malformed) {
      return null;
    }
  }

  private static HttpFailure forbidden(String header, String message) {
    return HttpFailure.of(403, "forbidden_" + header, message);
  }
}
