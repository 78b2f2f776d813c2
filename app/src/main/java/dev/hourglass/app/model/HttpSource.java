package dev.hourglass.app.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file on the web, fetched in as many requests as it takes: a broken transfer goes on where it
 * stopped, as long as the server's validator says that it is still the same file.
 */
final class HttpSource implements ModelSource {
  private static final int ATTEMPTS = 4;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(60);
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+)");
  private static final Pattern SHA256_TAG = Pattern.compile("\"?([0-9a-f]{64})\"?");

  private final URI address;
  private final Optional<String> pinnedSha256;

  HttpSource(URI address, Optional<String> pinnedSha256) {
    this.address = address;
    this.pinnedSha256 = pinnedSha256;
  }

  @Override
  public void fetch(Path part, FetchProgress progress)
      throws ModelUnavailableException, InterruptedException {
    Path validator = part.resolveSibling(part.getFileName() + ".etag");
    try (HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()) {
      Transfer transfer = new Transfer(client, part, validator, progress);
      transfer.complete();
      verify(part, transfer.announcedSha256);
      Files.deleteIfExists(validator);
    } catch (IOException failed) {
      throw new ModelUnavailableException(
          address + ": " + reason(failed) + "; run the command again to go on", failed);
    }
  }

  private void verify(Path part, Optional<String> announcedSha256)
      throws IOException, ModelUnavailableException {
    if (!ModelFile.isGguf(part)) {
      Files.delete(part);
      throw new ModelUnavailableException(address + " is not a GGUF model file");
    }
    Optional<String> expected = pinnedSha256.or(() -> announcedSha256);
    if (expected.isPresent()) {
      String actual = ModelFile.sha256(part);
      if (!actual.equals(expected.get())) {
        Files.delete(part);
        throw new ModelUnavailableException(
            "%s: SHA-256 %s (expected: %s); the file was thrown away"
                .formatted(address, actual, expected.get()));
      }
    }
  }

  private static String reason(IOException failed) {
    return switch (failed) {
      case java.net.ConnectException _ -> "cannot connect";
      case java.net.http.HttpTimeoutException _ -> "no answer in time";
      default ->
          failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
    };
  }

  /** One file on its way, over one or several requests. */
  private final class Transfer {
    private final HttpClient client;
    private final Path part;
    private final Path validator;
    private final FetchProgress progress;
    private Optional<String> announcedSha256 = Optional.empty();

    Transfer(HttpClient client, Path part, Path validator, FetchProgress progress) {
      this.client = client;
      this.part = part;
      this.validator = validator;
      this.progress = progress;
    }

    void complete() throws IOException, InterruptedException, ModelUnavailableException {
      for (int attempt = 1; ; attempt++) {
        long before = length();
        try {
          request();
          return;
        } catch (IOException broken) {
          // A server that gives a little each time is worth asking again; one that gives nothing
          // is not.
          if (attempt == ATTEMPTS || length() == before) {
            throw broken;
          }
        }
      }
    }

    private void request() throws IOException, InterruptedException, ModelUnavailableException {
      long offset = Files.exists(validator) ? length() : 0;
      HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(HEAD_TIMEOUT);
      if (offset > 0) {
        request
            .header("Range", "bytes=" + offset + "-")
            .header("If-Range", Files.readString(validator));
      }
      HttpResponse<InputStream> response =
          client.send(request.build(), BodyHandlers.ofInputStream());
      announcedSha256 = announcedSha256(response).or(() -> announcedSha256);
      try (InputStream body = response.body()) {
        switch (response.statusCode()) {
          case 200 -> receive(body, 0, contentLength(response, 0), response);
          case 206 -> {
            Matcher range = CONTENT_RANGE.matcher(header(response, "Content-Range").orElse(""));
            if (!range.matches() || Long.parseLong(range.group(1)) != offset) {
              forget();
              throw new IOException("the server sent another range than asked for");
            }
            receive(body, offset, Long.parseLong(range.group(2)), response);
          }
          case 416 -> {
            // What lies here is longer than the file: it belongs to another one.
            forget();
            throw new IOException("the file changed on the server");
          }
          case 401, 403 ->
              throw new ModelUnavailableException(
                  address + ": access refused (%d)".formatted(response.statusCode()));
          case 404, 410 ->
              throw new ModelUnavailableException(
                  address + ": no such file (%d)".formatted(response.statusCode()));
          default -> throw new IOException("the server answered " + response.statusCode());
        }
      }
    }

    private void receive(
        InputStream body, long offset, long total, HttpResponse<InputStream> response)
        throws IOException {
      if (offset == 0) {
        Files.deleteIfExists(validator);
      }
      Optional<String> tag =
          header(response, "ETag")
              .filter(value -> !value.startsWith("W/"))
              .or(() -> header(response, "Last-Modified"));
      long arrived = offset;
      try (OutputStream out =
          offset == 0
              ? Files.newOutputStream(part)
              : Files.newOutputStream(part, StandardOpenOption.APPEND)) {
        if (offset == 0 && tag.isPresent()) {
          Files.writeString(validator, tag.get());
        }
        byte[] buffer = new byte[1 << 16];
        for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
          out.write(buffer, 0, count);
          arrived += count;
          progress.arrived(arrived, total);
        }
      }
      if (total > 0 && arrived != total) {
        throw new IOException("%d of %d bytes arrived".formatted(arrived, total));
      }
    }

    private long length() throws IOException {
      return Files.exists(part) ? Files.size(part) : 0;
    }

    private void forget() throws IOException {
      Files.deleteIfExists(validator);
      Files.deleteIfExists(part);
    }
  }

  private static long contentLength(HttpResponse<?> response, long fallback) {
    return response.headers().firstValueAsLong("Content-Length").orElse(fallback);
  }

  private static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name);
  }

  /** The hub names the SHA-256 of a large file in the redirect that leads to it. */
  private static Optional<String> announcedSha256(HttpResponse<?> response) {
    Optional<String> here =
        header(response, "X-Linked-Etag")
            .map(SHA256_TAG::matcher)
            .filter(Matcher::matches)
            .map(matcher -> matcher.group(1));
    return here.or(() -> response.previousResponse().flatMap(HttpSource::announcedSha256));
  }
}
