package dev.hourglass.app.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens of this user's sessions, in a file that only this user can read. It holds no messages.
 */
final class SessionFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 200;

  private final Path file;

  SessionFile(Path file) {
    this.file = file;
  }

  /**
   * A session that this user holds the token of.
   *
   * @param gateway where it lives
   */
  record Kept(String gateway, String id, String token, Instant createdAt) {
    /** Never the token. */
    @Override
    public String toString() {
      return "Kept[" + gateway + " " + id + "]";
    }
  }

  /** Every session, oldest first. */
  List<Kept> all() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<Kept> sessions = new ArrayList<>();
    for (JsonNode entry : JSON.readTree(file.toFile()).path("sessions")) {
      sessions.add(
          new Kept(
              entry.path("gateway").asText(),
              entry.path("id").asText(),
              entry.path("token").asText(),
              Instant.parse(entry.path("created_at").asText())));
    }
    return List.copyOf(sessions);
  }

  /** Adds a session; beyond {@value #MOST} the oldest is forgotten. */
  void add(Kept session) throws IOException {
    List<Kept> sessions = new ArrayList<>(all());
    sessions.add(session);
    write(sessions.subList(Math.max(0, sessions.size() - MOST), sessions.size()));
  }

  /** Forgets a session that is over. */
  void remove(String id) throws IOException {
    write(all().stream().filter(session -> !session.id().equals(id)).toList());
  }

  private void write(List<Kept> sessions) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode list = root.putArray("sessions");
    for (Kept session : sessions) {
      list.addObject()
          .put("gateway", session.gateway())
          .put("id", session.id())
          .put("token", session.token())
          .put("created_at", session.createdAt().toString());
    }
    Path folder = file.getParent();
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path fresh =
        Files.createTempFile(
            folder,
            "sessions",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    JSON.writerWithDefaultPrettyPrinter().writeValue(fresh.toFile(), root);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
