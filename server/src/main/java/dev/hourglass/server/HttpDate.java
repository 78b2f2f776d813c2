package dev.hourglass.server;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The time as HTTP writes it (RFC 9110, IMF-fixdate), formatted once a second. */
final class HttpDate {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final InstantSource clock;
  private volatile Second last = second(0);

  HttpDate(InstantSource clock) {
    this.clock = clock;
  }

  private record Second(long epochSecond, String text) {}

  String now() {
    long epochSecond = Math.floorDiv(clock.millis(), 1000);
    Second current = last;
    if (current.epochSecond != epochSecond) {
      current = second(epochSecond);
      last = current;
    }
    return current.text;
  }

  private static Second second(long epochSecond) {
    return new Second(epochSecond, FORM.format(Instant.ofEpochSecond(epochSecond)));
  }
}
