package dev.hourglass.app.config;

import java.util.List;

/** A configuration that cannot be used. Its message has one line for each problem. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ConfigException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
