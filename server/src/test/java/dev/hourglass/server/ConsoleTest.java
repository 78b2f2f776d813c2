package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.server.TestHouse.Reply;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the files of the console are served. */
final class ConsoleTest {
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
  void theConsoleIsAtTheRootAndKeptFromOtherPages() throws Exception {
    Reply index = house.get("/");

    assertThat(index.status()).isEqualTo(200);
    assertThat(index.header("content-type")).isEqualTo("text/html; charset=utf-8");
    assertThat(index.text()).startsWith("<!doctype html>");
    assertThat(index.header("content-security-policy"))
        .contains("default-src 'none'")
        .contains("script-src 'self'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(index.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(index.header("x-frame-options")).isEqualTo("DENY");
    assertThat(index.header("cross-origin-resource-policy")).isEqualTo("same-origin");
    assertThat(house.get("/index.html").text()).isEqualTo(index.text());
  }

  @Test
  void whatThePageAsksForIsThere() throws Exception {
    Matcher addresses = Pattern.compile("(?:src|href)=\"([^\"#]+)").matcher(house.get("/").text());
    List<String> files = new ArrayList<>();
    while (addresses.find()) {
      files.add(addresses.group(1));
    }

    assertThat(files).isNotEmpty();
    for (String file : files) {
      assertThat(file).as("nothing comes from elsewhere").doesNotContain("//");
      Reply reply = house.get("/" + file);
      assertThat(reply.status()).as(file).isEqualTo(200);
      assertThat(reply.header("content-type")).as(file).isNotEqualTo("application/octet-stream");
    }
  }

  @Test
  void anUnchangedFileIsNotSentAgain() throws Exception {
    Reply first = house.get("/");

    assertThat(first.header("cache-control")).isEqualTo("no-cache");
    Reply again = house.get("/", "If-None-Match", first.header("etag"));
    assertThat(again.status()).isEqualTo(304);
    assertThat(again.text()).isEmpty();
    assertThat(house.get("/", "If-None-Match", "\"other\"").status()).isEqualTo(200);
  }

  @Test
  void headHasNoBody() throws Exception {
    Reply head = house.send(house.request("/").method("HEAD", BodyPublishers.noBody()));

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.text()).isEmpty();
    assertThat(head.header("content-length"))
        .isEqualTo(Integer.toString(house.get("/").response().body().length));
  }
}
