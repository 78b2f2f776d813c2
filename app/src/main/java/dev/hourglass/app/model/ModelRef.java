package dev.hourglass.app.model;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a user names a language model. */
public sealed interface ModelRef {

  /** The reference as one would write it. */
  String text();

  /** The model that Hourglass takes when nobody names one. */
  record Default() implements ModelRef {
    @Override
    public String text() {
      return "default";
    }
  }

  /** A file on this machine; it is used where it lies. */
  record LocalFile(Path path) implements ModelRef {
    @Override
    public String text() {
      return path.toString();
    }
  }

  /**
   * A file on the web. A fragment {@code #sha256=…} pins its content.
   *
   * @param address without the fragment
   * @param sha256 64 lower-case hexadecimal digits
   */
  record Address(URI address, Optional<String> sha256) implements ModelRef {
    private static final Pattern FRAGMENT = Pattern.compile("sha256=([0-9a-fA-F]{64})");

    @Override
    public String text() {
      return address + sha256.map(hex -> "#sha256=" + hex).orElse("");
    }

    private static String pinned(String fragment) {
      Matcher matcher = FRAGMENT.matcher(fragment);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "model: #" + fragment + " (expected: #sha256= and 64 hexadecimal digits)");
      }
      return matcher.group(1).toLowerCase(Locale.ROOT);
    }
  }

  /** A file in a repository of the Hugging Face hub: {@code hf:org/repo/file.gguf}. */
  record HuggingFace(String organization, String repository, String file) implements ModelRef {
    private static final Pattern FORM =
        Pattern.compile("hf:([\\w.-]+)/([\\w.-]+)/((?:[\\w.-]+/)*[\\w.-]+\\.gguf)");

    @Override
    public String text() {
      return "hf:" + organization + "/" + repository + "/" + file;
    }

    private static ModelRef parse(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches() || List.of(text.substring(3).split("/")).contains("..")) {
        throw new IllegalArgumentException("model: " + text + " (expected: hf:org/repo/file.gguf)");
      }
      return new HuggingFace(matcher.group(1), matcher.group(2), matcher.group(3));
    }
  }

  /**
   * Reads a reference.
   *
   * @throws IllegalArgumentException if it has none of the forms
   */
  static ModelRef parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (text.equals("default")) {
      return new Default();
    }
    if (lower.startsWith("hf:")) {
      return HuggingFace.parse(text);
    }
    if (lower.startsWith("https:") || lower.startsWith("http:")) {
      return address(text);
    }
    return new LocalFile(Path.of(text).toAbsolutePath().normalize());
  }

  private static Address address(String text) {
    URI uri = WebAddress.parse(text);
    if (uri.getPath() == null || uri.getPath().endsWith("/")) {
      throw new IllegalArgumentException("model: " + text + " (expected: the address of a file)");
    }
    String bare = text.contains("#") ? text.substring(0, text.indexOf('#')) : text;
    return new Address(
        URI.create(bare), Optional.ofNullable(uri.getFragment()).map(Address::pinned));
  }
}
