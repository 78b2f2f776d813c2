package dev.hourglass.app.reserve;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.protocol.request.ZonedMoment;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Moments and lengths of time as people type and read them, in the zone where they are. */
record LocalMoment(ZoneId zone, Instant now) {
  /** What is accepted, for people. */
  static final String EXPECTATION = "now, 14:00, 2026-11-21T14:00, or ISO-8601 with offset or zone";

  private static final Pattern TIME_OF_DAY = Pattern.compile("\\d{2}:\\d{2}(:\\d{2})?");
  private static final Pattern HAS_PLACE =
      Pattern.compile(".*T.*([zZ]|[+-]\\d{2}:?\\d{2}|\\[.*])$");
  private static final Pattern LENGTH = Pattern.compile("(\\d{1,6})\\s*(s|m|h|d)");
  private static final DateTimeFormatter DAY_AND_TIME =
      DateTimeFormatter.ofPattern("EEE d MMM HH:mm:ss", Locale.ENGLISH);
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  /** A time of day means the next one. */
  Instant read(String option, String text) throws ExpectedFailure {
    if (text.equals("now")) {
      return now;
    }
    try {
      if (TIME_OF_DAY.matcher(text).matches()) {
        LocalDate today = LocalDate.ofInstant(now, zone);
        Instant at = here(today + "T" + text);
        return at.isBefore(now) ? here(today.plusDays(1) + "T" + text) : at;
      }
      return HAS_PLACE.matcher(text).matches() ? ZonedMoment.parse(text) : here(text);
    } catch (DateTimeException fault) {
      throw new ExpectedFailure(
          "%s: %s: %s (expected: %s)".formatted(option, text, fault.getMessage(), EXPECTATION),
          fault);
    }
  }

  private Instant here(String local) {
    return ZonedMoment.parse(local + "[" + zone.getId() + "]");
  }

  static Duration length(String option, String text) throws ExpectedFailure {
    Matcher matcher = LENGTH.matcher(text);
    if (!matcher.matches()) {
      throw new ExpectedFailure(option + ": " + text + " (expected: such as 90s, 30m, 2h or 1d)");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  String text(Instant moment) {
    return moment.atZone(zone).format(DAY_AND_TIME);
  }

  /** A window: its day once, unless it ends on another. */
  String window(Instant start, Instant end) {
    ZonedDateTime from = start.atZone(zone);
    ZonedDateTime until = end.atZone(zone);
    boolean sameDay = from.toLocalDate().equals(until.toLocalDate());
    return from.format(DAY_AND_TIME)
        + (sameDay ? "–" + until.format(TIME) : " – " + until.format(DAY_AND_TIME));
  }
}
