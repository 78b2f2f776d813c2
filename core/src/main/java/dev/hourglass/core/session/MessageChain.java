package dev.hourglass.core.session;

import dev.hourglass.core.digest.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as a chain of hashes: a link for each answer and one for what was asked since.
 * Each covers all before it and the tenant, so that equal hashes mean equal histories of one
 * tenant. Text never leaves the chain.
 */
public final class MessageChain {
  private static final byte FROM_TENANT = 0;
  private static final byte FROM_LINK = 1;

  private final ChainHash whole;
  private final @Nullable ChainHash upToLastAnswer;

  private MessageChain(ChainHash whole, @Nullable ChainHash upToLastAnswer) {
    this.whole = whole;
    this.upToLastAnswer = upToLastAnswer;
  }

  /** Hashes a conversation; time grows with its length, about 1 ms for a megabyte. */
  public static MessageChain of(TenantId tenant, List<ChatMessage> messages) {
    MessageDigest run = Sha256.begin();
    run.update(FROM_TENANT);
    update(run, tenant.value());
    ChainHash link = null;
    ChainHash answer = null;
    for (ChatMessage message : messages) {
      if (message.role() == ChatRole.ASSISTANT) {
        // Whatever is finished leaves the digest as new.
        answer = answered(run, link == null ? finish(run) : link, message.content());
        link = answer;
      } else {
        if (link != null) {
          begin(run, link);
          link = null;
        }
        update(run, message.role().wireName());
        update(run, message.content());
      }
    }
    return new MessageChain(link == null ? finish(run) : link, answer);
  }

  /** The chain with one more answer at its end. */
  public MessageChain answered(String answer) {
    ChainHash link = answered(Sha256.begin(), whole, answer);
    return new MessageChain(link, link);
  }

  ChainHash whole() {
    return whole;
  }

  /** Everything up to the last answer; empty where nobody has answered yet. */
  Optional<ChainHash> upToLastAnswer() {
    return Optional.ofNullable(upToLastAnswer);
  }

  /** Clients trim what they show and resend that; a difference at the end is not an edit. */
  private static ChainHash answered(MessageDigest digest, ChainHash before, String answer) {
    begin(digest, before);
    update(digest, ChatRole.ASSISTANT.wireName());
    update(digest, answer.stripTrailing());
    return finish(digest);
  }

  private static void begin(MessageDigest digest, ChainHash before) {
    digest.update(
        ByteBuffer.allocate(1 + 2 * Long.BYTES)
            .put(FROM_LINK)
            .putLong(before.high())
            .putLong(before.low())
            .flip());
  }

  /** Adds a text behind its length, so that no two sequences of texts look alike. */
  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  private static ChainHash finish(MessageDigest digest) {
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return new ChainHash(hash.getLong(), hash.getLong());
  }
}
