package dev.hourglass.core.admission;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Turns tickets into text that nobody else can make, and back.
 *
 * <p>The text is base64url of serial number, place, class and expiry, and the first half of an
 * HMAC-SHA256 over these and the tenant. The key is drawn at the start: places do not outlive the
 * process either.
 */
final class TicketSeal {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;
  private static final int CONTENT_BYTES = 3 * Long.BYTES + 1;
  private static final int MAC_BYTES = 16;
  private static final int TEXT_CHARACTERS = (CONTENT_BYTES + MAC_BYTES + 2) / 3 * 4;

  private final SecretKeySpec key;

  TicketSeal(RandomGenerator secureRandom) {
    byte[] secret = new byte[KEY_BYTES];
    secureRandom.nextBytes(secret);
    key = new SecretKeySpec(secret, ALGORITHM);
  }

  /** What a ticket's text says. */
  record Content(long serial, long place, Criticality criticality, long expiryNanos) {
    private byte[] bytes() {
      return ByteBuffer.allocate(CONTENT_BYTES)
          .putLong(serial)
          .putLong(place)
          .put(code(criticality))
          .putLong(expiryNanos)
          .array();
    }

    private static Optional<Content> of(byte[] bytes) {
      ByteBuffer content = ByteBuffer.wrap(bytes);
      long serial = content.getLong();
      long place = content.getLong();
      byte code = content.get();
      long expiryNanos = content.getLong();
      return Arrays.stream(Criticality.values())
          .filter(criticality -> code(criticality) == code)
          .findAny()
          .map(criticality -> new Content(serial, place, criticality, expiryNanos));
    }
  }

  private static byte code(Criticality criticality) {
    return switch (criticality) {
      case CRITICAL -> 1;
      case STANDARD -> 2;
      case SHEDDABLE -> 3;
    };
  }

  String seal(Content content, TenantId tenant) {
    byte[] bytes = content.bytes();
    byte[] sealed = Arrays.copyOf(bytes, CONTENT_BYTES + MAC_BYTES);
    System.arraycopy(mac(bytes, tenant), 0, sealed, CONTENT_BYTES, MAC_BYTES);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
  }

  /** What the text says; empty unless this seal made it for this tenant. */
  Optional<Content> open(String text, TenantId tenant) {
    byte[] sealed;
    try {
      sealed = text.length() > TEXT_CHARACTERS ? new byte[0] : Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException noBase64) {
      return Optional.empty();
    }
    if (sealed.length != CONTENT_BYTES + MAC_BYTES) {
      return Optional.empty();
    }
    byte[] bytes = Arrays.copyOf(sealed, CONTENT_BYTES);
    byte[] mac = Arrays.copyOfRange(sealed, CONTENT_BYTES, sealed.length);
    if (!MessageDigest.isEqual(mac, mac(bytes, tenant))) {
      return Optional.empty();
    }
    return Content.of(bytes);
  }

  private byte[] mac(byte[] content, TenantId tenant) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(content);
      return Arrays.copyOf(mac.doFinal(tenant.value().getBytes(UTF_8)), MAC_BYTES);
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", missing);
    }
  }
}
