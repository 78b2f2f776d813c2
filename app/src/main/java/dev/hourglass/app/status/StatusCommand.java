package dev.hourglass.app.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.GatewayAddress;
import dev.hourglass.app.host.Surroundings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass status}: what a running gateway does, and what it expects to do. */
@Command(
    name = "status",
    description = "Show the load, the sessions, the memory and the forecasts of a running gateway.",
    footer = {"", "An API key is read from HOURGLASS_API_KEY."},
    mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Surroundings surroundings;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Address of the gateway (default: HOURGLASS_URL, or " + GatewayAddress.DEFAULT + ").")
  private @Nullable String url;

  public StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure, InterruptedException {
    URI address = GatewayAddress.of(url, surroundings);
    surroundings.out().println(StatusScreen.of(address.toString(), load(address)));
    return 0;
  }

  private JsonNode load(URI address) throws ExpectedFailure, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve("/v1/load")).timeout(PATIENCE);
    surroundings
        .variable("HOURGLASS_API_KEY")
        .ifPresent(key -> request.header("Authorization", "Bearer " + key));
    try (HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build()) {
      HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
      JsonNode answer = new ObjectMapper().readTree(response.body());
      if (response.statusCode() != 200) {
        throw new ExpectedFailure(
            address
                + ": "
                + answer
                    .at("/error/message")
                    .asText("the gateway answered " + response.statusCode()));
      }
      return answer;
    } catch (ConnectException nobody) {
      throw new ExpectedFailure(
          "no gateway answers at "
              + address
              + ": start one with ./hourglass serve, or name another with --url",
          nobody);
    } catch (JsonProcessingException malformed) {
      throw new ExpectedFailure(address + " does not speak as a Hourglass gateway does", malformed);
    } catch (IOException broken) {
      throw new ExpectedFailure(address + ": " + broken.getMessage(), broken);
    }
  }
}
