package dev.hourglass.server;

import dev.hourglass.core.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The files of the web console, read from the class path once: what is not among them does not
 * exist, so no path that a client makes up ever reaches a file system.
 */
final class WebFiles {
  private static final String ROOT = "web/";
  private static final String INDEX = "/index.html";

  private static final Map<String, String> CONTENT_TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "json", "application/json",
          "woff2", "font/woff2",
          "txt", "text/plain; charset=utf-8");

  private final Map<String, WebFile> byPath;

  private WebFiles(Map<String, WebFile> byPath) {
    this.byPath = Map.copyOf(byPath);
  }

  /** A file as it is served. */
  static final class WebFile {
    private final byte[] bytes;
    private final String contentType;
    private final String etag;

    private WebFile(byte[] bytes, String contentType) {
      this.bytes = bytes;
      this.contentType = contentType;
      this.etag = etag(bytes);
    }

    byte[] bytes() {
      return bytes;
    }

    String contentType() {
      return contentType;
    }

    /** A quoted hash of the content. */
    String etag() {
      return etag;
    }

    private static String etag(byte[] bytes) {
      return '"' + HexFormat.of().formatHex(Sha256.of(bytes), 0, 16) + '"';
    }
  }

  /** Reads all of them; none where the console is not on the class path. */
  static WebFiles load() throws IOException {
    ClassLoader loader = WebFiles.class.getClassLoader();
    URL root = loader.getResource(ROOT + "index.html");
    Map<String, WebFile> files = new HashMap<>();
    if (root != null) {
      for (String name : names(root)) {
        try (InputStream content = loader.getResourceAsStream(ROOT + name)) {
          if (content == null) {
            throw new IOException("console file " + name + " is listed and not there");
          }
          files.put("/" + name, new WebFile(content.readAllBytes(), contentType(name)));
        }
      }
    }
    return new WebFiles(files);
  }

  /** The file at a path of a request. */
  Optional<WebFile> at(String path) {
    return Optional.ofNullable(byPath.get(path.equals("/") ? INDEX : path));
  }

  private static List<String> names(URL index) throws IOException {
    if (index.openConnection() instanceof JarURLConnection inJar) {
      // A private handle: closing the shared one would close it for the class loader too.
      inJar.setUseCaches(false);
      try (JarFile jar = inJar.getJarFile()) {
        return jar.stream()
            .filter(entry -> entry.getName().startsWith(ROOT) && !entry.isDirectory())
            .map(entry -> entry.getName().substring(ROOT.length()))
            .toList();
      }
    }
    Path folder = Objects.requireNonNull(Path.of(uri(index)).getParent(), "a file has a folder");
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .toList();
    } catch (UncheckedIOException failure) {
      throw failure.getCause();
    }
  }

  private static URI uri(URL url) throws IOException {
    try {
      return url.toURI();
    } catch (URISyntaxException malformed) {
      throw new IOException("console folder has no usable address: " + url, malformed);
    }
  }

  private static String contentType(String name) {
    String extension = name.substring(name.lastIndexOf('.') + 1);
    return CONTENT_TYPES.getOrDefault(extension, "application/octet-stream");
  }
}
