package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The description says what the server does, no less and no more. */
final class OpenApiTest {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  @Test
  void everyRouteIsDescribedAndEveryDescriptionIsARoute() throws Exception {
    JsonNode description = description();
    List<String> described = new ArrayList<>();
    description
        .at("/paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .fieldNames()
                .forEachRemaining(field -> {
                  if (METHODS.contains(field)) {
                    described.add(field.toUpperCase(Locale.ROOT) + " " + path.getKey());
                  }
                }));

    assertThat(described).containsExactlyInAnyOrderElementsOf(house.server.routes());
  }

  @Test
  void everyReferenceLeadsSomewhere() throws Exception {
    JsonNode description = description();
    List<JsonNode> references = description.findValues("$ref");

    assertThat(references).hasSizeGreaterThan(50);
    for (JsonNode reference : references) {
      assertThat(description.at(reference.asText().substring(1)).isMissingNode())
          .as(reference.asText())
          .isFalse();
    }
  }

  @Test
  void everyComponentIsUsed() throws Exception {
    JsonNode description = description();
    List<String> used = description.findValuesAsText("$ref");

    description
        .at("/components")
        .properties()
        .forEach(kind -> {
          if (!kind.getKey().equals("securitySchemes")) {
            kind.getValue()
                .fieldNames()
                .forEachRemaining(name -> {
                  // Streams cannot refer to the schema of their events.
                  if (!name.equals("ChatCompletionChunk")) {
                    assertThat(used).contains("#/components/" + kind.getKey() + "/" + name);
                  }
                });
          }
        });
  }

  @Test
  void answersHaveTheFieldsThatAreRequired() throws Exception {
    JsonNode schemas = description().at("/components/schemas");
    JsonNode created = house.newSession();
    String address = "/v1/sessions/" + created.at("/session_id").asText();
    JsonNode chat = house.post("/v1/chat/completions", TestHouse.user("x")).json();

    assertRequired(schemas, "SessionCreated", created);
    assertRequired(schemas, "Session", house.get(address).json());
    assertRequired(schemas, "SessionRetention", house.get(address).json().at("/retention"));
    assertRequired(schemas, "ChatCompletion", chat);
    assertRequired(schemas, "Usage", chat.at("/usage"));
    assertRequired(schemas, "SessionNote", chat.at("/hourglass"));
    assertRequired(
        schemas, "TextCompletion", house.post("/v1/completions", "{\"prompt\":\"x\"}").json());
    assertRequired(schemas, "Model", house.get("/v1/models").json().at("/data/0"));
    assertRequired(
        schemas, "EmbeddingList", house.post("/v1/embeddings", "{\"input\":\"x\"}").json());
    assertRequired(schemas, "Error", house.get("/v1/nothing").json());
    assertRequired(schemas, "DestructionReceipt", house.delete(address).json());

    JsonNode receipts = house.get("/v1/receipts").json();
    assertRequired(schemas, "ReceiptList", receipts);
    assertRequired(schemas, "DestructionReceipt", receipts.at("/data/0"));
    var _ = house.sweep.run().get(10, TimeUnit.SECONDS);
    JsonNode retention = house.get("/v1/retention").json();
    assertRequired(schemas, "Retention", retention);
    assertRequired(schemas, "RetentionTier", retention.at("/tiers/0"));
    assertRequired(schemas, "SweepReport", retention.at("/sweep"));

    JsonNode load = house.get("/v1/load").json();
    assertRequired(schemas, "Load", load);
    assertRequired(schemas, "LoadPool", load.at("/pools/0"));
    assertRequired(schemas, "LoadCapacity", load.at("/pools/0/capacity"));
    assertRequired(schemas, "LoadThreshold", load.at("/pools/0/thresholds/0"));
    assertRequired(schemas, "LoadSignal", load.at("/signals/0"));
    assertRequired(schemas, "LoadForecast", load.at("/signals/0/forecasts/0"));
    assertRequired(schemas, "LoadSensor", load.at("/sensors/0"));
    assertRequired(schemas, "LoadRefusals", load.at("/refusals"));
  }

  private JsonNode description() throws Exception {
    return new YAMLMapper().readTree(house.get("/openapi.yaml").text());
  }

  private static void assertRequired(JsonNode schemas, String name, JsonNode answer) {
    List<String> required = new ArrayList<>();
    schemas.at("/" + name + "/required").forEach(field -> required.add(field.asText()));
    List<String> properties = new ArrayList<>();
    schemas.at("/" + name + "/properties").fieldNames().forEachRemaining(properties::add);
    List<String> fields = new ArrayList<>();
    answer.fieldNames().forEachRemaining(fields::add);

    assertThat(required).as(name).isNotEmpty();
    assertThat(fields).as(name).containsAll(required);
    assertThat(properties).as(name).containsAll(fields);
  }
}
