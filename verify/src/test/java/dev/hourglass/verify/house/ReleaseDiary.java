package dev.hourglass.verify.house;

import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.ReleaseHook;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A release hook that writes what it is told to the file that a variable names, if one does. */
public final class ReleaseDiary implements ReleaseHook {
  static final String VARIABLE = "RELEASE_DIARY";

  @Override
  public String name() {
    return "diary";
  }

  @Override
  public int order() {
    return 1;
  }

  @Override
  public void sessionEnds(SessionId session, TenantId tenant, DestructionReason reason)
      throws IOException {
    write(session.value() + " ends: " + reason.wireName());
  }

  @Override
  public void gatewayStops() throws IOException {
    write("the gateway stops");
  }

  private static synchronized void write(String line) throws IOException {
    String file = System.getenv(VARIABLE);
    if (file != null) {
      Files.write(
          Path.of(file), List.of(line), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
