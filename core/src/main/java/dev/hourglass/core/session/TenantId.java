package dev.hourglass.core.session;

import java.util.regex.Pattern;

/**
 * Who owns sessions; an API key stands for one tenant.
 *
 * @param value 1 to 64 letters, digits, dots, underscores and hyphens
 */
public record TenantId(String value) {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** The only tenant of a gateway that has no API keys. */
  public static final TenantId DEFAULT = new TenantId("default");

  public TenantId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "tenant id: " + value + " (expected: 1 to 64 letters, digits, '.', '_' or '-')");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
