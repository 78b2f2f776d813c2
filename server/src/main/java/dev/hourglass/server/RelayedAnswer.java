package dev.hourglass.server;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.protocol.response.AnswerStream;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer of a remote engine's server, byte for byte as it came. */
final class RelayedAnswer implements TurnResponse.Answer {
  private final Exchange exchange;
  private final boolean streamed;
  private @Nullable Buffer whole;
  private boolean begun;

  RelayedAnswer(Exchange exchange, boolean streamed) {
    this.exchange = exchange;
    this.streamed = streamed;
  }

  @Override
  public void refused(Refusal refusal) {
    exchange.fail(HttpFailure.of(refusal, false));
  }

  @Override
  public void started(SessionId session, String model, PromptUsage usage) {
    if (streamed && !exchange.isOver()) {
      begun = true;
      exchange.setHeader("X-Accel-Buffering", "no");
      exchange.beginStream("text/event-stream");
    }
  }

  @Override
  public void texts(List<TextDelta> deltas) {
    Buffer bytes = bytes(deltas);
    if (streamed) {
      exchange.write(bytes);
    } else {
      whole = whole == null ? bytes : whole.appendBuffer(bytes);
    }
  }

  private static Buffer bytes(List<TextDelta> deltas) {
    int length = 0;
    for (TextDelta delta : deltas) {
      length += delta.original() == null ? 0 : delta.original().remaining();
    }
    byte[] bytes = new byte[length];
    int at = 0;
    for (TextDelta delta : deltas) {
      ByteBuffer original = delta.original();
      if (original != null) {
        original.get(original.position(), bytes, at, original.remaining());
        at += original.remaining();
      }
    }
    return Buffer.buffer(bytes);
  }

  @Override
  public void ended(TurnEnd end) {
    switch (end) {
      case TurnEnd.Completed _ -> {
        if (streamed) {
          exchange.endStream(Buffer.buffer());
        } else {
          exchange.send(200, "application/json", whole == null ? Buffer.buffer() : whole);
        }
      }
      case TurnEnd.Failed(Refusal reason, _, _) -> fail(HttpFailure.of(reason, false));
      // Only the client's own leaving cancels, so there is nobody to tell.
      case TurnEnd.Cancelled _ -> exchange.cut();
    }
  }

  private void fail(HttpFailure failure) {
    if (begun) {
      exchange.endStream(Buffer.buffer(AnswerStream.failure(failure.body())));
    } else {
      exchange.fail(failure);
    }
  }
}
