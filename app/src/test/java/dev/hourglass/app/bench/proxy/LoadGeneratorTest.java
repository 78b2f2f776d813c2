package dev.hourglass.app.bench.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The load of the proxy benchmark, against its own upstream. */
class LoadGeneratorTest {
  private static final Duration SHORT = Duration.ofMillis(700);

  @ParameterizedTest
  @EnumSource
  void everyRequestOfAClosedLoopIsAnsweredInFull(ProxyCase kind) throws Exception {
    try (ProxyTarget upstream = ProxyTarget.upstream();
        LoadGenerator load = new LoadGenerator(System::nanoTime)) {
      LoadResult result = load.closedLoop(kind, upstream.port(), 4, SHORT);

      assertThat(result.failures()).isZero();
      assertThat(result.requests()).isGreaterThanOrEqualTo(4);
      assertThat(result.micros().getTotalCount()).isEqualTo(result.requests());
    }
  }

  @Test
  void anOpenLoopSendsAsManyAsItsRateAsks() throws Exception {
    try (ProxyTarget upstream = ProxyTarget.upstream();
        LoadGenerator load = new LoadGenerator(System::nanoTime)) {
      LoadResult result = load.openLoop(ProxyCase.SMALL, upstream.port(), 8, SHORT, 100);

      assertThat(result.failures()).isZero();
      assertThat(result.requests()).isBetween(70L, 71L);
    }
  }

  @Test
  void aConversationHasASecondTurnThatRepeatsTheFirst() throws Exception {
    ConversationBytes requests = new ConversationBytes(ProxyCase.SMALL, 1);

    JsonNode first = body(requests, 0).path("messages");
    JsonNode second = body(requests, 1).path("messages");
    JsonNode next = body(requests, 2).path("messages");

    assertThat(first).hasSize(2);
    assertThat(second).hasSize(4);
    assertThat(second.get(1)).isEqualTo(first.get(1));
    assertThat(second.get(2).path("content").asText()).isEqualTo(UpstreamServer.ANSWER);
    assertThat(next.get(1)).isNotEqualTo(first.get(1));
  }

  private static JsonNode body(ConversationBytes requests, long turn) throws Exception {
    String request =
        requests
            .turn(UnpooledByteBufAllocator.DEFAULT, 7, turn)
            .toString(StandardCharsets.US_ASCII);
    return new ObjectMapper().readTree(request.substring(request.indexOf("\r\n\r\n") + 4));
  }
}
