package dev.hourglass.server;

import dev.hourglass.protocol.request.InvalidRequest;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list, as the query parameters {@code limit} and {@code after} ask for.
 *
 * @param next the last id of the page where more follow
 */
record Page<T>(List<T> items, @Nullable String next) {
  private static final int USUAL = 100;
  private static final int LARGEST = 1_000;

  static <T> Page<T> of(Exchange exchange, List<T> all, Function<T, String> id)
      throws InvalidRequest {
    int limit = number(exchange, "limit", USUAL, 1, LARGEST);
    String after = exchange.query("after");
    int from = after == null ? 0 : indexAfter(all, id, after);
    int to = Math.min(all.size(), from + limit);
    return new Page<>(all.subList(from, to), to < all.size() ? id.apply(all.get(to - 1)) : null);
  }

  private static <T> int indexAfter(List<T> all, Function<T, String> id, String after)
      throws InvalidRequest {
    for (int index = 0; index < all.size(); index++) {
      if (id.apply(all.get(index)).equals(after)) {
        return index + 1;
      }
    }
    throw new InvalidRequest(
        "after: no such id (expected: the last id of a page)",
        "after",
        InvalidRequest.Code.INVALID_VALUE);
  }

  /** A whole number among the query parameters. */
  static int number(Exchange exchange, String name, int otherwise, int least, int most)
      throws InvalidRequest {
    String text = exchange.query(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Told below, together with numbers out of range.
    }
    throw new InvalidRequest(
        name + ": out of range (expected: a whole number from " + least + " to " + most + ")",
        name,
        InvalidRequest.Code.INVALID_VALUE);
  }
}
