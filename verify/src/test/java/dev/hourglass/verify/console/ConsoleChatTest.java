package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static dev.hourglass.verify.console.ConsolePage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Page;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The chat page tells the truth that the API tells. */
class ConsoleChatTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();

  private ConsoleHouse house;
  private ConsolePage console;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    house = new ConsoleHouse(Plan.USUAL.turns(2));
    console = ConsolePage.open(CHROMIUM, house, "");
  }

  @AfterEach
  void stop() throws InterruptedException {
    try {
      console.keptQuiet();
    } finally {
      console.close();
      house.close();
    }
  }

  @Test
  void anAnswerAppearsWhileItIsBeingGenerated() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("The", " sand").thenAwaits(gate).thenSays(" runs", "."));

    console.send("What runs?");

    expect(console.lastAnswerText()).hasText("The sand");
    expect(console.button("Stop")).isVisible();
    expect(console.session("state")).hasText("active");
    assertThat(api(console.sessionId()).get("state").asText()).isEqualTo("active");

    gate.countDown();
    expect(console.lastAnswerText()).hasText("The sand runs.");
    expect(console.button("Send")).isVisible();
    expect(console.session("state")).hasText("idle");
    JsonNode messages = transcript(console.sessionId());
    assertThat(messages.findValuesAsText("content"))
        .containsExactly("What runs?", "The sand runs.");
  }

  @Test
  void cachedAndComputedTokensAreThoseOfTheUsage() throws Exception {
    // A second reader on each stream: the browser keeps no body that a page reads piece by piece.
    console.page.evaluate(
        """
        () => {
          const original = window.fetch;
          window.streams = [];
          window.fetch = async (path, options) => {
            const response = await original(path, options);
            if (path === 'v1/chat/completions') {
              window.streams.push(response.clone().text());
            }
            return response;
          };
        }
        """);

    JsonNode first = usageOf("Tell me about glass, slowly and at length.");
    assertThat(first.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isZero();
    shows(first);

    JsonNode second = usageOf("And about sand?");
    assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isPositive();
    shows(second);

    JsonNode session = api(console.sessionId());
    expect(console.session("kv")).hasText(session.get("kv_tokens").asText());
    expect(console.session("turns")).hasText("2");
    expect(console.session("residency")).hasText(session.get("residency").asText());
    assertThat(console.session("expires").innerText()).matches("(29:[0-5]\\d|30:00)");
  }

  /** Sends, and reads the usage chunk of the very stream that the page read. */
  private JsonNode usageOf(String text) throws IOException, InterruptedException {
    console.sendAndWait(text);
    String stream = (String) console.page.evaluate("window.streams.at(-1)");
    for (String event : stream.split("\n\n", -1)) {
      if (event.startsWith("data: {")) {
        JsonNode chunk = ConsoleHouse.parse(event.substring("data: ".length()));
        if (chunk.path("usage").isObject()) {
          JsonNode recorded = transcript(console.sessionId());
          assertThat(chunk.get("usage")).isEqualTo(recorded.get(recorded.size() - 1).get("usage"));
          return chunk;
        }
      }
    }
    throw new AssertionError("no usage in the stream");
  }

  private void shows(JsonNode chunk) {
    int prompt = chunk.at("/usage/prompt_tokens").asInt();
    int cached = chunk.at("/usage/prompt_tokens_details/cached_tokens").asInt();
    assertThat(number(console.cost("cached"))).isEqualTo(cached);
    assertThat(number(console.cost("computed"))).isEqualTo(prompt - cached);
    assertThat(number(console.cost("generated")))
        .isEqualTo(chunk.at("/usage/completion_tokens").asInt());
    expect(console.cost("first-token"))
        .hasText(chunk.at("/hourglass/time_to_first_token_ms").asText() + " ms");
    double share =
        ((Number)
                console.page.evaluate(
                    """
                    () => {
                      const bar = [...document.querySelectorAll('.cost-bar')].at(-1);
                      const kept = getComputedStyle(bar, '::before').width;
                      return parseFloat(kept) / bar.getBoundingClientRect().width;
                    }
                    """))
            .doubleValue();
    assertThat(share).isCloseTo(cached / (double) prompt, offset(0.02));
  }

  @Test
  void theStopButtonStopsTheEngine() throws Exception {
    house.engine.next(Script.says("one", " two").thenAwaits(new CountDownLatch(1)));
    console.send("Count to a thousand.");
    expect(console.lastAnswerText()).hasText("one two");

    console.button("Stop").click();

    expect(console.answers().last()).containsText("stopped");
    await()
        .atMost(Chromium.PATIENCE)
        .untilAsserted(() ->
            assertThat(house.engine.ends())
                .hasExactlyElementsOfTypes(GenerationEnd.Cancelled.class));
    await()
        .atMost(Chromium.PATIENCE)
        .untilAsserted(() ->
            assertThat(transcript(console.sessionId()).findValuesAsText("status"))
                .isNotEmpty()
                .containsOnly("cancelled"));

    console.sendAndWait("Then greet me.");
    expect(console.lastAnswerText()).hasText("Hello, world!");
    Prompt.Chat prompt = (Prompt.Chat) house.engine.requests().getLast().prompt();
    assertThat(prompt.messages()).as("a stopped turn is not remembered").hasSize(1);
  }

  @Test
  void anErrorIsToldInTheWordsOfTheApiAndTheTurnCanBeSentAgain() {
    house.engine.next(
        Script.says("half an").thenDies(EngineFault.Kind.INTERNAL, "the scripted engine broke"));
    console.send("Say something.");

    expect(console.answers().last().locator(".error-message"))
        .containsText("the scripted engine broke");
    expect(console.lastAnswerText()).hasText("half an");

    console.button("Send again").click();
    expect(console.lastAnswerText()).hasText("Hello, world!");
    expect(console.page.locator(".message.user")).hasCount(1);
  }

  @Test
  void aHintWhenToRetryCountsDownAndHolds() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    List<CompletableFuture<Integer>> others =
        List.of(occupy(gate), occupy(gate)); // both turns that may run at once
    await().atMost(Chromium.PATIENCE).until(() -> house.engine.running() == 2);

    console.send("Me too.");
    expect(console.answers().last().locator(".error-card")).containsText("HTTP 503");
    expect(console.answers().last().locator(".hint"))
        .hasText(Pattern.compile("Try again in \\d+ s"));
    expect(console.button("Send again")).isDisabled();

    gate.countDown();
    for (CompletableFuture<Integer> other : others) {
      assertThat(other.get()).isEqualTo(200);
    }
    expect(console.button("Send again")).isEnabled();
    console.button("Send again").click();
    expect(console.lastAnswerText()).hasText("Hello, world!");
    console.forgiveStatus(503);
  }

  private CompletableFuture<Integer> occupy(CountDownLatch gate) {
    house.engine.next(Script.says("wait").thenAwaits(gate));
    CompletableFuture<Integer> status = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            status.complete(
                house.post("/v1/chat/completions", ConsoleHouse.userSays("hold")).status());
          } catch (IOException | InterruptedException failure) {
            status.completeExceptionally(failure);
          }
        });
    return status;
  }

  @Test
  void whatAModelWritesIsNeverMarkup() {
    house.engine.next(
        Script.says(
            "<img src=x onerror=\"document.title='taken'\"> **bold** and `code`:\n\n",
            "```java\nint x = 1 < 2 ? 3 : 4;\n```\n\n- one\n- two\n\n",
            "<script>document.title='taken'</script> [link](javascript:alert(1))"));
    console.sendAndWait("Write markup.");

    expect(console.lastAnswerText()).containsText("<img src=x onerror=");
    expect(console.lastAnswerText()).containsText("[link](javascript:alert(1))");
    expect(console.lastAnswerText().locator("strong")).hasText("bold");
    expect(console.lastAnswerText().locator("pre code")).hasText("int x = 1 < 2 ? 3 : 4;");
    expect(console.lastAnswerText().locator("li")).hasText(new String[] {"one", "two"});
    expect(console.lastAnswerText().locator("img, script, a")).hasCount(0);
    assertThat(console.page.title()).isEqualTo("Chat · Hourglass");
  }

  @Test
  void eventsAreReadWhereverTheirBytesAreCut() {
    Object events =
        console.page.evaluate(
            """
            async () => {
              const { serverSentEvents } = await import('./events.js');
              const text = ': hello\\r\\n\\r\\ndata: {"a":"grüße 你好 ⏳"}\\r\\n\\r\\n'
                  + 'event: error\\ndata: one\\ndata:two\\n\\ndata: last\\r\\rdata: never ended';
              const bytes = new TextEncoder().encode(text);
              const all = [];
              for (const size of [1, 2, 3, 7, bytes.length]) {
                const stream = new ReadableStream({
                  start(controller) {
                    for (let i = 0; i < bytes.length; i += size) {
                      controller.enqueue(bytes.slice(i, i + size));
                    }
                    controller.close();
                  },
                });
                const read = [];
                for await (const { event, data } of serverSentEvents(stream)) {
                  read.push(event + '|' + data);
                }
                all.push(read.join('§'));
              }
              return all;
            }
            """);
    String expected = "message|{\"a\":\"grüße 你好 ⏳\"}§error|one\ntwo§message|last";
    assertThat(events).isEqualTo(List.of(expected, expected, expected, expected, expected));
  }

  @Test
  void settingsReachTheEngine() {
    console.page.getByLabel("System prompt").fill("Answer like a clockmaker.");
    console.page.getByLabel("Temperature").fill("0.3");
    console.page.getByLabel("Max tokens").fill("2");

    console.sendAndWait("Hello.");

    expect(console.lastAnswerText()).hasText("Hello,");
    expect(console.answers().last()).containsText("cut at the token limit");
    GenerationRequest request = house.engine.requests().getLast();
    assertThat(request.maxTokens()).isEqualTo(2);
    assertThat(request.sampling().temperature()).isEqualTo(0.3);
    Prompt.Chat prompt = (Prompt.Chat) request.prompt();
    assertThat(prompt.messages().getFirst().role()).isEqualTo(ChatRole.SYSTEM);
    assertThat(prompt.messages().getFirst().content()).isEqualTo("Answer like a clockmaker.");
  }

  @Test
  void aConversationIsResumedWithItsHistory() throws Exception {
    console.sendAndWait("The first question");
    String first = console.sessionId();
    console.page.locator("#new-chat").click();
    expect(console.answers()).hasCount(0);
    console.sendAndWait("Another matter");
    assertThat(console.sessionId()).isNotEqualTo(first);

    console.page.reload();
    console
        .page
        .locator(".conversations a", new Page.LocatorOptions().setHasText("The first question"))
        .click();

    expect(console.page.locator(".message.user"))
        .hasText(new String[] {"You wrote:The first question"});
    expect(console.lastAnswerText()).hasText("Hello, world!");
    assertThat(console.sessionId()).isEqualTo(first);
    JsonNode kept = transcript(first).get(1).get("usage");
    assertThat(number(console.cost("generated"))).isEqualTo(kept.get("completion_tokens").asInt());
    assertThat(number(console.cost("computed")))
        .isEqualTo(
            kept.get("prompt_tokens").asInt()
                - kept.at("/prompt_tokens_details/cached_tokens").asInt());
    expect(console.page.locator(".reuse"))
        .hasText(
            "0%% of %d prompt tokens came from the cache."
                .formatted(kept.get("prompt_tokens").asInt()));
    console.sendAndWait("Go on");
    assertThat(transcript(first).findValuesAsText("content"))
        .containsExactly("The first question", "Hello, world!", "Go on", "Hello, world!");
    assertThat(number(console.cost("cached"))).isPositive();
  }

  @Test
  void anEndedSessionIsSaidToHaveEnded() throws Exception {
    console.sendAndWait("Hello?");
    String id = console.sessionId();
    assertThat(house.delete("/v1/sessions/" + id).status()).isEqualTo(200);

    expect(console.page.getByText("This session has ended.")).isVisible();
    expect(console.message()).isHidden();
    expect(console.page.locator(".conversations .ended")).hasCount(1);
    console.forgiveStatus(401);
    console.forgiveStatus(404);
  }

  @Test
  void tokensLeaveTheBrowserWithTheTabWhereThePersonWantsThat() {
    console.sendAndWait("Hello?");
    assertThat(storage("localStorage")).contains(console.sessionId());

    console.page.getByLabel("Keep them in this browser").uncheck();

    assertThat(storage("localStorage")).doesNotContain(console.sessionId());
    assertThat(storage("sessionStorage")).contains(console.sessionId());
    console.page.reload();
    expect(console.lastAnswerText()).hasText("Hello, world!");
  }

  private String storage(String which) {
    return (String) console.page.evaluate("JSON.stringify(" + which + ")");
  }

  private JsonNode api(String id) throws IOException, InterruptedException {
    return house.get("/v1/sessions/" + id, "X-Session-Token", console.token(id)).json();
  }

  private JsonNode transcript(String id) throws IOException, InterruptedException {
    return house.get("/v1/sessions/" + id + "/messages").json().get("data");
  }
}
