package dev.hourglass.verify.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** The console as somebody sees and uses it, with an eye on what it should not do. */
final class ConsolePage implements AutoCloseable {
  final Page page;
  private final BrowserContext context;
  private final String address;
  private final List<String> complaints = new ArrayList<>();
  private final List<String> strangers = new ArrayList<>();

  private ConsolePage(BrowserContext context, String address) {
    this.context = context;
    this.address = address;
    context.setDefaultTimeout((double) Chromium.PATIENCE.toMillis());
    String host = URI.create(address).getAuthority();
    context.onRequest(request -> {
      if (!host.equals(URI.create(request.url()).getAuthority())) {
        strangers.add(request.url());
      }
    });
    page = context.newPage();
    page.onConsoleMessage(message -> {
      if (message.type().equals("error") || message.type().equals("warning")) {
        complaints.add(message.type() + ": " + message.text());
      }
    });
    page.onPageError(complaints::add);
  }

  static ConsolePage open(Chromium chromium, ConsoleHouse house, String route) {
    return open(chromium, house, route, new Browser.NewContextOptions().setViewportSize(1280, 860));
  }

  static ConsolePage open(
      Chromium chromium, ConsoleHouse house, String route, Browser.NewContextOptions options) {
    ConsolePage console = new ConsolePage(chromium.browser().newContext(options), house.address());
    console.go(route);
    return console;
  }

  void go(String route) {
    page.navigate(address + "/" + route);
  }

  // --- what it shows ---------------------------------------------------------------------------

  static LocatorAssertions expect(Locator locator) {
    return PlaywrightAssertions.assertThat(locator);
  }

  Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  Locator message() {
    return page.getByLabel("Message", new Page.GetByLabelOptions().setExact(true));
  }

  /** The answers, in order. */
  Locator answers() {
    return page.locator(".message.assistant");
  }

  Locator lastAnswerText() {
    return answers().last().locator(".markdown");
  }

  /** A number beside the last answer. */
  Locator cost(String name) {
    return answers().last().locator("[data-field='" + name + "']");
  }

  /** A field of the open conversation's session. */
  Locator session(String name) {
    return page.locator(".session-panel [data-field='" + name + "']");
  }

  Locator dialog() {
    return page.getByRole(AriaRole.DIALOG);
  }

  /** A number as it is written, without its thousands separators. */
  static int number(Locator locator) {
    return Integer.parseInt(locator.innerText().replace(",", "").strip());
  }

  /** The id of the open conversation's session. */
  String sessionId() {
    String route = URI.create(page.url()).getFragment();
    assertThat(route).startsWith("/chat/sess_");
    return route.substring("/chat/".length());
  }

  /** The token that the browser keeps for a session. */
  String token(String sessionId) {
    return (String)
        page.evaluate(
            """
            id => JSON.parse(localStorage.getItem('hourglass.conversations'))
                .find(entry => entry.id === id).token
            """,
            sessionId);
  }

  // --- what is done with it --------------------------------------------------------------------

  void send(String text) {
    message().fill(text);
    message().press("Enter");
  }

  /** Sends, and waits for the whole answer. */
  void sendAndWait(String text) {
    int before = answers().count();
    send(text);
    expect(answers()).hasCount(before + 1);
    expect(answers().last().locator("[data-field='generated']")).isVisible();
  }

  /**
   * Failed requests are on the browser's console whatever a page does; all else is not forgiven.
   */
  void forgiveStatus(int status) {
    complaints.removeIf(
        text -> text.startsWith("error: Failed to load resource") && text.contains(" " + status));
  }

  void keptQuiet() {
    assertThat(complaints).as("the browser's console").isEmpty();
    assertThat(strangers).as("requests to other hosts").isEmpty();
  }

  @Override
  public void close() {
    context.close();
  }
}
