package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.core.session.TenantId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators see of a pool's endpoints, and do with them. */
final class EndpointsOverHttpTest {
  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().pooled().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  @Test
  void showsEveryEndpointAndWhatItDid() throws Exception {
    assertThat(
            house
                .post(
                    "/v1/chat/completions",
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .status())
        .isEqualTo(200);

    JsonNode one = house.get("/v1/endpoints").json().at("/data/0");
    assertThat(one.at("/id").asText()).isEqualTo("one");
    assertThat(one.at("/state").asText()).isEqualTo("serving");
    assertThat(one.at("/breaker").asText()).isEqualTo("closed");
    JsonNode all = house.get("/v1/endpoints").json().at("/data");
    assertThat(all).hasSize(2);
    assertThat(
            all.get(0).at("/generations/completed").asInt()
                + all.get(1).at("/generations/completed").asInt())
        .isEqualTo(1);
    assertThat(all.get(1).at("/slots").isNull()).isTrue();
    for (JsonNode endpoint : all) {
      assertThat(endpoint.at("/latest_sessions")).hasSize(endpoint.at("/sessions").asInt());
    }
    assertThat(all.findValuesAsText("session_id"))
        .containsExactly(house.table.list(TenantId.DEFAULT).getFirst().id().value());
    assertThat(house.get("/metrics").text())
        .contains("hourglass_endpoint_share{endpoint=\"one\",model=\"scripted\"} 1.0")
        .contains("hourglass_pool_retries_left{model=\"scripted\"} 10.0")
        .containsPattern(
            "hourglass_endpoint_generations_total\\{endpoint=\"...\",model=\"scripted\",outcome=\"completed\"} 1.0");
  }

  @Test
  void takesOutAndBringsBack() throws Exception {
    assertThat(state("/v1/endpoints/one/eject")).isEqualTo("ejected");
    assertThat(state("/v1/endpoints/one/drain")).isEqualTo("draining");
    assertThat(state("/v1/endpoints/one/restore")).isEqualTo("ramping");
    assertThat(state("/v1/endpoints/two/eject")).isEqualTo("ejected");
    assertThat(
            house
                .post(
                    "/v1/chat/completions",
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .status())
        .isEqualTo(200);
    assertThat(house.engine.requests()).hasSize(1);
  }

  private String state(String action) throws Exception {
    return house.post(action, "").json().at("/data/0/state").asText();
  }

  @ParameterizedTest
  @ValueSource(strings = {"three", "a%20b", "one%2F"})
  void knowsNoOthers(String id) throws Exception {
    TestHouse.Reply reply = house.post("/v1/endpoints/" + id + "/eject", "");
    assertThat(reply.status()).isIn(400, 404);
    assertThat(house.get("/v1/endpoints").json().at("/data").findValuesAsText("state"))
        .containsOnly("serving");
  }

  @Test
  void isForOperatorsOnly() throws Exception {
    house.close();
    house =
        TestHouse.plan()
            .pooled()
            .keys(
                ApiKeys.Key.of(new TenantId("guest"), "guest-key"),
                ApiKeys.Key.of(TenantId.DEFAULT, "operator-key"))
            .start();
    String bearer = "Authorization";
    assertThat(house.get("/v1/endpoints", bearer, "Bearer guest-key").status()).isEqualTo(403);
    assertThat(house.get("/v1/endpoints", bearer, "Bearer operator-key").status()).isEqualTo(200);
    TestHouse.Reply refused = house.post("/v1/endpoints/one/eject", "", bearer, "Bearer guest-key");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.json().at("/error/code").asText()).isEqualTo("operator_only");
  }

  @Test
  void aHouseWithoutPoolsHasNone() throws Exception {
    house.close();
    house = TestHouse.plan().start();
    assertThat(house.get("/v1/endpoints").json().at("/data")).isEmpty();
  }
}
