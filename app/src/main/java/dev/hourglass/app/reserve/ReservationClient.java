package dev.hourglass.app.reserve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The reservations of a gateway, over HTTP. Every call throws where no answer came. */
public final class ReservationClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String PATH = "/v1/reservations";

  private final URI address;
  private final @Nullable String apiKey;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_PATIENCE)
          .build();

  /**
   * Creates a client.
   *
   * @param apiKey {@code null} for a gateway without keys
   */
  public ReservationClient(URI address, @Nullable String apiKey) {
    this.address = address;
    this.apiKey = apiKey;
  }

  /**
   * What is to be held.
   *
   * @param id {@code null} for one that the gateway draws
   * @param model {@code null} for the default one
   */
  public record Wanted(
      @Nullable String id, @Nullable String model, Instant start, Instant end, int sessions) {}

  /** An answer, whatever it says. */
  public record Reply(int status, JsonNode json) {
    public boolean ok() {
      return status < 300;
    }

    public String text(String field) {
      return json.path(field).asText();
    }

    public Instant time(String field) {
      return Instant.parse(text(field));
    }

    /** Where a hold that did not fit would. */
    public Optional<Instant> earliestStart() {
      JsonNode earliest = json.path("earliest_start");
      return earliest.isTextual()
          ? Optional.of(Instant.parse(earliest.asText()))
          : Optional.empty();
    }

    /** Why the answer is no. */
    public String reason() {
      return json.at("/error/message").asText("the gateway answered " + status);
    }
  }

  public Reply hold(Wanted wanted) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    body.put("start", wanted.start.toString()).put("end", wanted.end.toString());
    body.put("sessions", wanted.sessions);
    if (wanted.id != null) {
      body.put("id", wanted.id);
    }
    if (wanted.model != null) {
      body.put("model", wanted.model);
    }
    return send("POST", PATH, body, null);
  }

  public Reply confirm(String id) throws IOException, InterruptedException {
    return send("POST", PATH + "/" + id + "/confirm", null, null);
  }

  public Reply release(String id) throws IOException, InterruptedException {
    return send("DELETE", PATH + "/" + id, null, null);
  }

  public Reply find(String id) throws IOException, InterruptedException {
    return send("GET", PATH + "/" + id, null, null);
  }

  /** A turn of one token that counts against a reservation. */
  public Reply use(String id) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode().put("max_tokens", 1);
    body.putArray("messages").addObject().put("role", "user").put("content", "Hello");
    return send("POST", "/v1/chat/completions", body, id);
  }

  /**
   * Every reservation that the gateway remembers, in the order of their windows.
   *
   * @return the reply that says no, or the last page with all of them as {@code data}
   */
  public Reply list() throws IOException, InterruptedException {
    List<JsonNode> all = new ArrayList<>();
    String first = PATH + "?limit=1000";
    String page = first;
    while (true) {
      Reply reply = send("GET", page, null, null);
      if (!reply.ok()) {
        return reply;
      }
      reply.json.path("data").forEach(all::add);
      if (!reply.json.path("has_more").asBoolean()) {
        return new Reply(
            reply.status, JSON.createObjectNode().set("data", JSON.createArrayNode().addAll(all)));
      }
      page = first + "&after=" + reply.text("next");
    }
  }

  private Reply send(
      String method, String path, @Nullable ObjectNode body, @Nullable String reservation)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve(path))
            .timeout(PATIENCE)
            .method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (apiKey != null) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    if (reservation != null) {
      request.header("X-Reservation", reservation);
    }
    HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
    try {
      return new Reply(response.statusCode(), JSON.readTree(response.body()));
    } catch (JsonProcessingException notOurs) {
      return new Reply(response.statusCode(), JSON.createObjectNode());
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
