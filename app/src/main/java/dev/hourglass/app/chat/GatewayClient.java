package dev.hourglass.app.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The HTTP API of a gateway, as far as a chat needs it. */
final class GatewayClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CONTROL_TIMEOUT = Duration.ofSeconds(30);
  private static final String DATA = "data:";

  private final URI address;
  private final @Nullable String apiKey;
  private final LongSupplier nanoClock;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /**
   * Creates a client.
   *
   * @param apiKey {@code null} for a gateway without keys
   */
  GatewayClient(URI address, @Nullable String apiKey, LongSupplier nanoClock) {
    this.address = address;
    this.apiKey = apiKey;
    this.nanoClock = nanoClock;
  }

  /** A session just created. */
  record OpenedSession(String id, String token, String model) {}

  /** What the gateway says of a session. */
  record SessionState(String state, String residency, int turns, int kvTokens) {}

  /** One message of a transcript. */
  record Message(String role, String content) {}

  /**
   * How an answer ended, and what it cost.
   *
   * @param finishReason empty where the answer was stopped
   * @param timeToFirstText as seen from here
   */
  record AnswerEnd(
      Optional<String> finishReason, Optional<Cost> cost, Optional<Duration> timeToFirstText) {}

  /** Tokens of a turn. */
  record Cost(int promptTokens, int cachedTokens, int answerTokens) {}

  /** An answer of the gateway that says no. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;

    Refused(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }

    boolean isOverForTheSession() {
      return code.equals("invalid_session_token") || status == 404;
    }
  }

  /** Makes sure that a gateway with a loaded model is there. */
  void requireReady() throws ExpectedFailure, InterruptedException {
    HttpResponse<String> response =
        send(request("GET", "/readyz", null, null), BodyHandlers.ofString());
    if (response.statusCode() == 503) {
      throw new ExpectedFailure("the gateway at " + address + " is not ready yet: try again soon");
    }
  }

  OpenedSession createSession() throws Refused, ExpectedFailure, InterruptedException {
    JsonNode created = control("POST", "/v1/sessions", null, JSON.createObjectNode());
    return new OpenedSession(
        created.path("session_id").asText(),
        created.path("session_token").asText(),
        created.path("model").asText());
  }

  SessionState session(String id, String token)
      throws Refused, ExpectedFailure, InterruptedException {
    JsonNode session = control("GET", "/v1/sessions/" + id, token, null);
    return new SessionState(
        session.path("state").asText(),
        session.path("residency").asText(),
        session.path("turns").asInt(),
        session.path("kv_tokens").asInt());
  }

  /** The messages of completed turns, in order. */
  List<Message> messages(String id, String token)
      throws Refused, ExpectedFailure, InterruptedException {
    List<Message> messages = new ArrayList<>();
    String path = "/v1/sessions/" + id + "/messages";
    for (String page = path; !page.isEmpty(); ) {
      JsonNode list = control("GET", page, token, null);
      for (JsonNode message : list.path("data")) {
        if (message.path("status").asText("completed").equals("completed")) {
          messages.add(
              new Message(message.path("role").asText(), message.path("content").asText()));
        }
      }
      page =
          list.path("has_more").asBoolean()
              ? path + "?after_turn=" + list.path("next").asInt()
              : "";
    }
    return List.copyOf(messages);
  }

  /** An answer that is to come, which can be stopped from another thread. */
  Answer ask(String token, String text) {
    return new Answer(token, text);
  }

  /** One answer as it streams in. */
  final class Answer {
    private final String token;
    private final String text;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicReference<@Nullable Thread> reader = new AtomicReference<>();

    private Answer(String token, String text) {
      this.token = token;
      this.text = text;
    }

    /** Stops the answer; the gateway sees the connection close and ends the turn. */
    void stop() {
      Thread reading = reader.get();
      if (reading != null && stopped.compareAndSet(false, true)) {
        reading.interrupt();
      }
    }

    /** Receives the whole answer, one piece at a time. Blocks until its end. */
    AnswerEnd receive(Consumer<String> onText)
        throws Refused, ExpectedFailure, InterruptedException {
      reader.set(Thread.currentThread());
      try {
        return stream(onText);
      } catch (InterruptedException | StreamBroken interrupted) {
        if (stopped.get()) {
          return new AnswerEnd(Optional.empty(), Optional.empty(), Optional.empty());
        }
        if (interrupted instanceof InterruptedException other) {
          throw other;
        }
        throw new ExpectedFailure("the gateway went away in the middle of the answer", interrupted);
      } finally {
        reader.set(null);
        if (stopped.get()) {
          // The interrupt was for this answer alone.
          Thread.interrupted();
        }
      }
    }

    private AnswerEnd stream(Consumer<String> onText)
        throws Refused, ExpectedFailure, InterruptedException, StreamBroken {
      ObjectNode body = JSON.createObjectNode();
      body.putArray("messages").addObject().put("role", "user").put("content", text);
      body.put("stream", true);
      body.putObject("stream_options").put("include_usage", true);
      long asked = nanoClock.getAsLong();
      HttpResponse<InputStream> response =
          send(request("POST", "/v1/chat/completions", token, body), BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        if (response.statusCode() != 200) {
          throw refusal(
              response.statusCode(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        return events(in, asked, onText);
      } catch (IOException broken) {
        throw new StreamBroken(broken);
      }
    }

    private AnswerEnd events(InputStream in, long asked, Consumer<String> onText)
        throws IOException, Refused, StreamBroken {
      Optional<Cost> cost = Optional.empty();
      Optional<Duration> first = Optional.empty();
      Optional<String> finish = Optional.empty();
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String data = line.startsWith(DATA) ? line.substring(DATA.length()).strip() : "";
        if (data.equals("[DONE]")) {
          return new AnswerEnd(finish, cost, first);
        }
        if (data.isEmpty()) {
          continue;
        }
        JsonNode event = JSON.readTree(data);
        if (event.has("error")) {
          throw refusal(200, data);
        }
        JsonNode choice = event.path("choices").path(0);
        String piece = choice.path("delta").path("content").asText("");
        if (!piece.isEmpty()) {
          if (first.isEmpty()) {
            first = Optional.of(Duration.ofNanos(nanoClock.getAsLong() - asked));
          }
          onText.accept(piece);
        }
        if (choice.path("finish_reason").isTextual()) {
          finish = Optional.of(choice.path("finish_reason").asText());
        }
        if (event.path("usage").isObject()) {
          cost = Optional.of(cost(event.path("usage")));
        }
      }
      throw new StreamBroken(new IOException("the stream ended without [DONE]"));
    }

    private static Cost cost(JsonNode usage) {
      return new Cost(
          usage.path("prompt_tokens").asInt(),
          usage.path("prompt_tokens_details").path("cached_tokens").asInt(),
          usage.path("completion_tokens").asInt());
    }
  }

  /** A stream that broke off. */
  private static final class StreamBroken extends Exception {
    private static final long serialVersionUID = 1;

    StreamBroken(IOException cause) {
      super(cause);
    }
  }

  private JsonNode control(
      String method, String path, @Nullable String token, @Nullable ObjectNode body)
      throws Refused, ExpectedFailure, InterruptedException {
    HttpResponse<String> response =
        send(request(method, path, token, body), BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw refusal(response.statusCode(), response.body());
    }
    try {
      return JSON.readTree(response.body());
    } catch (JsonProcessingException malformed) {
      throw new ExpectedFailure(address + " does not speak as a Hourglass gateway does", malformed);
    }
  }

  private HttpRequest request(
      String method, String path, @Nullable String token, @Nullable ObjectNode body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
    if (!path.startsWith("/v1/chat")) {
      request.timeout(CONTROL_TIMEOUT);
    }
    if (apiKey != null) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    if (token != null) {
      request.header("X-Session-Token", token);
    }
    if (body == null) {
      return request.method(method, BodyPublishers.noBody()).build();
    }
    return request
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(body.toString()))
        .build();
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws ExpectedFailure, InterruptedException {
    try {
      return http.send(request, handler);
    } catch (ConnectException nobody) {
      throw new ExpectedFailure(
          "no gateway answers at "
              + address
              + ": start one with ./hourglass serve, or name another"
              + " with --url",
          nobody);
    } catch (IOException broken) {
      throw new ExpectedFailure(address + ": " + broken.getMessage(), broken);
    }
  }

  private static Refused refusal(int status, String body) {
    try {
      JsonNode error = JSON.readTree(body).path("error");
      if (error.has("message")) {
        return new Refused(status, error.path("code").asText(""), error.path("message").asText());
      }
    } catch (JsonProcessingException notOurs) {
      return new Refused(status, "", "the gateway answered " + status);
    }
    return new Refused(status, "", "the gateway answered " + status);
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
