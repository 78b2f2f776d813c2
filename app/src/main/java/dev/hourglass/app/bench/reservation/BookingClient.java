package dev.hourglass.app.bench.reservation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The reservations of a gateway over HTTP. Every call throws where no answer came. */
final class BookingClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final URI address;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  BookingClient(URI address) {
    this.address = address;
  }

  /** An answer, whatever it says. */
  record Reply(int status, JsonNode json) {
    boolean ok() {
      return status < 300;
    }

    Instant time(String field) {
      return Instant.parse(json.get(field).asText());
    }
  }

  Reply hold(Booking booking) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    body.put("id", booking.id).put("sessions", booking.sessions);
    body.put("start", booking.start.toString()).put("end", booking.end.toString());
    return send("POST", "/v1/reservations", body, null);
  }

  Reply confirm(Booking booking) throws IOException, InterruptedException {
    return send("POST", "/v1/reservations/" + booking.id + "/confirm", null, null);
  }

  Reply release(Booking booking) throws IOException, InterruptedException {
    return send("DELETE", "/v1/reservations/" + booking.id, null, null);
  }

  Reply find(Booking booking) throws IOException, InterruptedException {
    return send("GET", "/v1/reservations/" + booking.id, null, null);
  }

  /** A turn of one token that counts against the reservation. */
  Reply use(Booking booking) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode().put("max_tokens", 1);
    body.putArray("messages").addObject().put("role", "user").put("content", "Hello");
    return send("POST", "/v1/chat/completions", body, booking.id);
  }

  /** Every reservation that the gateway remembers. */
  List<JsonNode> all() throws IOException, InterruptedException {
    List<JsonNode> all = new ArrayList<>();
    String path = "/v1/reservations?limit=1000";
    for (String page = path; !page.isEmpty(); ) {
      JsonNode list = send("GET", page, null, null).json();
      list.path("data").forEach(all::add);
      page = list.path("has_more").asBoolean() ? path + "&after=" + list.get("next").asText() : "";
    }
    return all;
  }

  private Reply send(
      String method, String path, @Nullable ObjectNode body, @Nullable String reservation)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
    if (reservation != null) {
      request.header("X-Reservation", reservation);
    }
    var response = http.send(request.build(), BodyHandlers.ofByteArray());
    return new Reply(response.statusCode(), JSON.readTree(response.body()));
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
