package dev.hourglass.app.config;

import dev.hourglass.app.host.Surroundings;
import dev.hourglass.core.session.TenantId;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass key}: draws an API key, and prints what the configuration keeps of it. */
@Command(
    name = "key",
    description = "Draws an API key and prints the line for the configuration.",
    mixinStandardHelpOptions = true)
public final class KeyCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Whom the key stands for (default: ${DEFAULT-VALUE}).")
  private String tenant = "default";

  public KeyCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    TenantId owner = new TenantId(tenant);
    String secret = ApiKey.draw(new SecureRandom());
    surroundings
        .out()
        .print(
            """
            API key, shown this once: %s

            For hourglass.yaml:
            keys:
              - tenant: %s
                sha256: %s
            """
                .formatted(secret, owner, ApiKey.of(owner, secret).sha256().hex()));
    return 0;
  }
}
