package dev.hourglass.app.host;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where this user's files belong, by the XDG Base Directory Specification.
 *
 * @param cache what can be fetched again
 * @param config what the user writes
 * @param data what must not be lost
 * @param state what is pleasant to find again
 */
public record UserFolders(Path cache, Path config, Path data, Path state) {
  private static final String NAME = "hourglass";

  public static UserFolders of(Map<String, String> environment, Path home) {
    return new UserFolders(
        folder(environment, "XDG_CACHE_HOME", home.resolve(".cache")),
        folder(environment, "XDG_CONFIG_HOME", home.resolve(".config")),
        folder(environment, "XDG_DATA_HOME", home.resolve(".local/share")),
        folder(environment, "XDG_STATE_HOME", home.resolve(".local/state")));
  }

  private static Path folder(Map<String, String> environment, String variable, Path fallback) {
    Path named = Path.of(environment.getOrDefault(variable, ""));
    // The specification says to ignore a relative path.
    return (named.isAbsolute() ? named : fallback).resolve(NAME);
  }
}
