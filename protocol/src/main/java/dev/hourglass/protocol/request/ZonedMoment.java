package dev.hourglass.protocol.request;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a moment in ISO-8601 that says where on Earth it is meant: {@code 2026-03-29T01:30:00Z},
 * {@code …+01:00}, or {@code …[Europe/Berlin]} with or without an offset.
 *
 * <p>A time of day alone is no moment, so it is refused; so is one that a zone skips when summer
 * time begins, and one that a zone has twice when it ends, unless an offset says which.
 */
public final class ZonedMoment {
  /** What is accepted, for people. */
  public static final String EXPECTATION =
      "ISO-8601 with an offset or a zone, such as 2026-03-29T01:30:00Z or"
          + " 2026-03-29T01:30:00[Europe/Berlin]";

  private static final int MOST_CHARACTERS = 80;

  private static final DateTimeFormatter FORMAT =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral('T')
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .optionalStart()
          .appendOffsetId()
          .optionalEnd()
          .optionalStart()
          .appendLiteral('[')
          .parseCaseSensitive()
          .appendZoneRegionId()
          .appendLiteral(']')
          .optionalEnd()
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private ZonedMoment() {}

  /**
   * Reads one.
   *
   * @throws DateTimeException if the text is none; the message says why, without the text
   */
  public static Instant parse(String text) {
    TemporalAccessor parsed = fields(text);
    LocalDateTime local = LocalDateTime.from(parsed);
    ZoneId zone = parsed.query(TemporalQueries.zoneId());
    ZoneOffset offset = offset(parsed);
    if (zone == null) {
      if (offset == null) {
        throw new DateTimeException("without an offset");
      }
      return local.toInstant(offset);
    }
    List<ZoneOffset> valid = zone.getRules().getValidOffsets(local);
    if (offset != null) {
      if (!valid.contains(offset)) {
        throw new DateTimeException("not the offset of " + zone + " at that time");
      }
      return local.toInstant(offset);
    }
    if (valid.isEmpty()) {
      throw new DateTimeException("a time that " + zone + " skips");
    }
    if (valid.size() > 1) {
      throw new DateTimeException(
          "a time that " + zone + " has twice, at " + valid.getFirst() + " and " + valid.getLast());
    }
    return local.toInstant(valid.getFirst());
  }

  private static TemporalAccessor fields(String text) {
    if (text.length() > MOST_CHARACTERS) {
      throw new DateTimeException(text.length() + " characters");
    }
    try {
      return FORMAT.parse(text);
    } catch (DateTimeParseException malformed) {
      throw new DateTimeException("not a time", malformed);
    }
  }

  private static @Nullable ZoneOffset offset(TemporalAccessor parsed) {
    return parsed.isSupported(ChronoField.OFFSET_SECONDS)
        ? ZoneOffset.ofTotalSeconds(parsed.get(ChronoField.OFFSET_SECONDS))
        : null;
  }
}
