package dev.hourglass.server;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.protocol.response.ErrorBody;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What needs no key: the probes, the API's description and the console. */
final class PublicEndpoints {
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
          + "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
          + "frame-ancestors 'none'";
  private static final Map<String, String> CONSOLE_HEADERS =
      Map.of(
          "Content-Security-Policy", CONTENT_SECURITY_POLICY,
          "X-Frame-Options", "DENY",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Opener-Policy", "same-origin",
          "Cache-Control", "no-cache");

  private final WebFiles files;
  private final byte[] openApi;

  PublicEndpoints(WebFiles files, byte[] openApi) {
    this.files = files;
    this.openApi = openApi.clone();
  }

  static byte[] readOpenApi() throws IOException {
    try (InputStream description =
        PublicEndpoints.class.getResourceAsStream("/dev/hourglass/server/openapi.yaml")) {
      if (description == null) {
        throw new IOException("openapi.yaml is not in the jar");
      }
      return description.readAllBytes();
    }
  }

  /** {@code GET /healthz}: the process answers. */
  void health(Exchange exchange) {
    exchange.sendJson(200, status("ok"));
  }

  /**
   * {@code GET /readyz}: the models are loaded, and no engine is down.
   *
   * @param engines {@code null} as long as the models are being loaded
   */
  void ready(Exchange exchange, @Nullable Collection<Engine> engines) {
    if (engines == null) {
      exchange.fail(HttpFailure.notReady());
      return;
    }
    engines.stream()
        .filter(Engine::isDown)
        .findFirst()
        .ifPresentOrElse(
            down -> exchange.fail(HttpFailure.engineDown(down.info().model())),
            () -> exchange.sendJson(200, status("ready")));
  }

  private static byte[] status(String word) {
    return ("{\"status\":\"" + word + "\"}").getBytes(StandardCharsets.US_ASCII);
  }

  /** {@code GET /openapi.yaml}. */
  void openApi(Exchange exchange) {
    exchange.send(200, "application/yaml", openApi);
  }

  /** {@code GET} of anything else: a file of the console, or nothing. */
  void console(Exchange exchange) {
    files
        .at(exchange.path())
        .ifPresentOrElse(file -> serve(exchange, file), () -> exchange.fail(nothingAt()));
  }

  private static void serve(Exchange exchange, WebFiles.WebFile file) {
    CONSOLE_HEADERS.forEach(exchange::setHeader);
    exchange.setHeader("ETag", file.etag());
    if (file.etag().equals(exchange.header("If-None-Match"))) {
      exchange.sendEmpty(304);
    } else {
      exchange.send(200, file.contentType(), file.bytes());
    }
  }

  static HttpFailure nothingAt() {
    return new HttpFailure(
        404,
        new ErrorBody(
            "path: nothing is there (expected: one that /openapi.yaml lists)",
            "invalid_request_error",
            null,
            "not_found"),
        Map.of());
  }
}
