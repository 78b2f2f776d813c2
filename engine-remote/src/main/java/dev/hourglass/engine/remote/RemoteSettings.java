package dev.hourglass.engine.remote;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a server is and how it is spoken to.
 *
 * @param base the address of its API, such as {@code http://127.0.0.1:8000/v1}; without a query
 * @param kind what it is; {@code null} to find out
 * @param credential sent as a bearer token; {@code null} for none. Never logged
 * @param trust whose certificates are believed, where it is spoken to over TLS
 * @param connectTimeout after which it counts as unreachable
 * @param stallTimeout the longest silence while an answer is awaited or on its way
 * @param deadline the longest that one answer may take
 * @param connections at once for each event loop
 * @param answerBytes the longest answer that is read in one piece
 */
public record RemoteSettings(
    URI base,
    @Nullable ServerKind kind,
    @Nullable Credential credential,
    Trust trust,
    Duration connectTimeout,
    Duration stallTimeout,
    Duration deadline,
    int connections,
    int answerBytes) {

  public RemoteSettings {
    String scheme = base.getScheme() == null ? "" : base.getScheme().toLowerCase(Locale.ROOT);
    if (!(scheme.equals("http") || scheme.equals("https"))
        || base.getHost() == null
        || base.getRawUserInfo() != null
        || base.getRawQuery() != null
        || base.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "upstream: %s (expected: an address such as http://127.0.0.1:8000/v1)".formatted(base));
    }
    if (connections < 1) {
      throw new IllegalArgumentException("connections: " + connections + " (expected: >= 1)");
    }
  }

  /** A server without a credential, with usual deadlines. */
  public static RemoteSettings of(URI base) {
    return new RemoteSettings(
        base,
        null,
        null,
        Trust.SYSTEM,
        Duration.ofSeconds(2),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10),
        512,
        16 * 1024 * 1024);
  }

  public RemoteSettings withCredential(@Nullable Credential other) {
    return new RemoteSettings(
        base, kind, other, trust, connectTimeout, stallTimeout, deadline, connections, answerBytes);
  }

  public RemoteSettings withKind(@Nullable ServerKind other) {
    return new RemoteSettings(
        base,
        other,
        credential,
        trust,
        connectTimeout,
        stallTimeout,
        deadline,
        connections,
        answerBytes);
  }

  public RemoteSettings withTrust(Trust other) {
    return new RemoteSettings(
        base,
        kind,
        credential,
        other,
        connectTimeout,
        stallTimeout,
        deadline,
        connections,
        answerBytes);
  }

  public RemoteSettings withTimeouts(Duration connect, Duration stall, Duration total) {
    return new RemoteSettings(
        base, kind, credential, trust, connect, stall, total, connections, answerBytes);
  }

  boolean tls() {
    return base.getScheme().equalsIgnoreCase("https");
  }

  int port() {
    return base.getPort() >= 0 ? base.getPort() : tls() ? 443 : 80;
  }

  /** The path of something of the API, such as {@code /models}. */
  String path(String below) {
    return folder() + below;
  }

  /** The path of something that the server has beside the API, such as {@code /metrics}. */
  String besides(String path) {
    String folder = folder();
    return (folder.endsWith("/v1") ? folder.substring(0, folder.length() - 3) : folder) + path;
  }

  private String folder() {
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /** Whose certificates are believed. */
  public sealed interface Trust {
    /** Those that this machine trusts. */
    Trust SYSTEM = new Machine();

    record Machine() implements Trust {}

    /** Those that the authorities in a PEM file signed. */
    record Authorities(Path file) implements Trust {}

    /** Anybody's, for any name. */
    record Anybody() implements Trust {}
  }

  /** A secret that shows itself to nobody but who asks for it by name. */
  public record Credential(String secret) {
    public Credential {
      if (secret.isEmpty() || !secret.chars().allMatch(each -> each > 0x20 && each < 0x7f)) {
        throw new IllegalArgumentException(
            "credential: %d characters (expected: visible ASCII characters)"
                .formatted(secret.length()));
      }
    }

    @Override
    public String toString() {
      return "****";
    }
  }
}
