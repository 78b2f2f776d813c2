package dev.hourglass.app.bench.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A model server that costs next to nothing: it answers every conversation with the same prepared
 * bytes. A process of its own, so that its time is not counted as anybody else's.
 */
final class UpstreamServer {
  static final String MODEL = "bench";
  static final String ANSWER = "The next one, and then the one after it.";
  static final int STREAMED_TOKENS = 200;

  private static final long TOKEN_MILLIS = 2;
  private static final String COMPLETIONS = "/v1/chat/completions";

  private static final ByteBuf MODELS =
      whole("{\"object\":\"list\",\"data\":[{\"id\":\"" + MODEL + "\",\"object\":\"model\"}]}");
  private static final ByteBuf WHOLE_ANSWER =
      whole(
          """
          {"id":"chatcmpl-1","object":"chat.completion","created":1750000000,"model":"%s",\
          "choices":[{"index":0,"message":{"role":"assistant","content":"%s"},\
          "finish_reason":"stop"}],\
          "usage":{"prompt_tokens":200,"completion_tokens":10,"total_tokens":210}}\
          """
              .formatted(MODEL, ANSWER));
  private static final ByteBuf NOT_FOUND =
      bytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  private static final ByteBuf STREAM_HEAD =
      bytes(
          """
          HTTP/1.1 200 OK\r
          Content-Type: text/event-stream\r
          Transfer-Encoding: chunked\r
          \r
          """);
  // Together the tokens are the answer of a whole one, so that its conversation goes on alike.
  private static final ByteBuf FIRST_TOKEN =
      event("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" + ANSWER + "\"}}");
  private static final ByteBuf TOKEN = event("{\"index\":0,\"delta\":{\"content\":\"\"}}");
  private static final ByteBuf STREAM_END =
      Unpooled.unreleasableBuffer(
          Unpooled.wrappedBuffer(
              event("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}"),
              chunk("data: [DONE]\n\n"),
              bytes("0\r\n\r\n")));

  private UpstreamServer() {}

  /** Serves until its standard input ends, which is when its parent does. */
  static void main(String[] arguments) throws Exception {
    try (Loops loops = Loops.of(1)) {
      Channel listening =
          new ServerBootstrap()
              .group(loops.group())
              .channelFactory(loops.serverChannels())
              .option(ChannelOption.SO_BACKLOG, 4096)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new HttpRequestDecoder(), new Answers());
                    }
                  })
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .sync()
              .channel();
      System.out.println(
          "listening on " + ((InetSocketAddress) listening.localAddress()).getPort());
      while (System.in.read() >= 0) {
        // Nothing is expected; the end is.
      }
    }
  }

  private static ByteBuf whole(String json) {
    return bytes(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            + json.length()
            + "\r\n\r\n"
            + json);
  }

  private static ByteBuf event(String choice) {
    return chunk(
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,"
            + "\"model\":\""
            + MODEL
            + "\",\"choices\":["
            + choice
            + "]}\n\n");
  }

  private static ByteBuf chunk(String text) {
    return bytes(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  /** Answers one connection, a request at a time. */
  private static final class Answers extends SimpleChannelInboundHandler<HttpObject> {
    private static final byte[] STREAM = "\"stream\":true".getBytes(StandardCharsets.US_ASCII);

    private boolean completion;
    private boolean models;
    private boolean streamed;
    private boolean beginning;

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
      if (part instanceof HttpRequest request) {
        completion = request.uri().equals(COMPLETIONS);
        models = request.uri().equals("/v1/models");
        streamed = false;
        beginning = true;
      }
      if (part instanceof HttpContent content) {
        // Every request of the benchmark says near its beginning whether it wants a stream.
        if (beginning && content.content().isReadable()) {
          ByteBuf head =
              content.content().slice().readSlice(Math.min(256, content.content().readableBytes()));
          streamed =
              head.toString(StandardCharsets.US_ASCII)
                  .contains(new String(STREAM, StandardCharsets.US_ASCII));
          beginning = false;
        }
        if (part instanceof LastHttpContent) {
          answer(context);
        }
      }
    }

    private void answer(ChannelHandlerContext context) {
      if (!completion) {
        var _ = context.writeAndFlush((models ? MODELS : NOT_FOUND).duplicate());
      } else if (streamed) {
        var _ = context.write(STREAM_HEAD.duplicate());
        var _ = context.writeAndFlush(FIRST_TOKEN.duplicate());
        next(context, STREAMED_TOKENS - 1);
      } else {
        var _ = context.writeAndFlush(WHOLE_ANSWER.duplicate());
      }
    }

    private static void next(ChannelHandlerContext context, int tokensLeft) {
      var _ =
          context
              .executor()
              .schedule(
                  () -> {
                    if (!context.channel().isActive()) {
                      return;
                    }
                    if (tokensLeft == 0) {
                      var _ = context.writeAndFlush(STREAM_END.duplicate());
                      return;
                    }
                    var _ = context.writeAndFlush(TOKEN.duplicate());
                    next(context, tokensLeft - 1);
                  },
                  TOKEN_MILLIS,
                  TimeUnit.MILLISECONDS);
    }
  }
}
