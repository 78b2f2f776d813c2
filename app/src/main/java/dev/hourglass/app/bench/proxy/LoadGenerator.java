package dev.hourglass.app.bench.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A bounded load on a port of this machine, from one event loop.
 *
 * <p>A closed loop sends the next request of a connection when its answer is there, and so finds
 * the saturation. An open loop sends at a fixed rate, whatever comes back, and counts the latency
 * from the moment a request was due: waiting for a free connection is part of it.
 */
final class LoadGenerator implements AutoCloseable {
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(10);
  private static final Duration DRAIN_DEADLINE = Duration.ofSeconds(20);
  private static final long TICK_NANOS = 1_000_000;
  private static final long LONGEST_MICROS = 60_000_000;

  private final Loops loops = Loops.of(1);
  private final LongSupplier nanoClock;
  private int connectionsMade;

  LoadGenerator(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Keeps every connection busy. */
  LoadResult closedLoop(ProxyCase kind, int port, int connections, Duration length)
      throws InterruptedException, ExecutionException, TimeoutException {
    return run(kind, port, connections, length, 0);
  }

  /** Sends {@code perSecond} requests, evenly, on as many connections as that takes. */
  LoadResult openLoop(ProxyCase kind, int port, int connections, Duration length, double perSecond)
      throws InterruptedException, ExecutionException, TimeoutException {
    return run(kind, port, connections, length, perSecond);
  }

  private LoadResult run(
      ProxyCase kind, int port, int connections, Duration length, double perSecond)
      throws InterruptedException, ExecutionException, TimeoutException {
    EventLoop loop = loops.group().next();
    Run run = new Run(loop, length, perSecond);
    ConversationBytes requests = new ConversationBytes(kind, port);
    List<Channel> channels = new ArrayList<>();
    try {
      for (int index = 0; index < connections; index++) {
        Connection connection = new Connection(run, requests, ++connectionsMade & 0xFFFF);
        channels.add(connect(loop, port, connection));
      }
      loop.execute(run::begin);
      return run.result.get(length.plus(DRAIN_DEADLINE).toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      for (Channel channel : channels) {
        channel.close().syncUninterruptibly();
      }
    }
  }

  private Channel connect(EventLoop loop, int port, Connection connection) {
    return new Bootstrap()
        .group(loop)
        .channelFactory(loops.clientChannels())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_DEADLINE.toMillis())
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new HttpResponseDecoder(), connection);
              }
            })
        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .syncUninterruptibly()
        .channel();
  }

  @Override
  public void close() {
    loops.close();
  }

  /** One load; lives on its event loop. */
  private final class Run {
    private final EventLoop loop;
    private final long lengthNanos;
    private final double nanosBetween;
    private final CompletableFuture<LoadResult> result = new CompletableFuture<>();
    private final Histogram micros = new Histogram(LONGEST_MICROS, 3);
    private final Deque<Connection> free = new ArrayDeque<>();
    private final Deque<Long> due = new ArrayDeque<>();
    private long beginNanos;
    private long scheduled;
    private long requests;
    private long failures;
    private int busy;
    private boolean over;

    Run(EventLoop loop, Duration length, double perSecond) {
      this.loop = loop;
      this.lengthNanos = length.toNanos();
      this.nanosBetween = perSecond == 0 ? 0 : 1e9 / perSecond;
    }

    boolean open() {
      return nanosBetween > 0;
    }

    void begin() {
      beginNanos = nanoClock.getAsLong();
      if (open()) {
        tick();
      } else {
        List.copyOf(free).forEach(connection -> send(connection, nanoClock.getAsLong()));
        free.clear();
        var _ = loop.schedule(this::end, lengthNanos, TimeUnit.NANOSECONDS);
      }
    }

    private void send(Connection connection, long dueNanos) {
      busy++;
      connection.send(dueNanos);
    }

    /** Sends what has become due; a request belongs to the tick that it was due at. */
    private void tick() {
      long elapsed = nanoClock.getAsLong() - beginNanos;
      while (scheduled * nanosBetween <= Math.min(elapsed, lengthNanos)) {
        due.add(beginNanos + (long) (scheduled * nanosBetween));
        scheduled++;
      }
      assign();
      if (elapsed >= lengthNanos) {
        end();
      } else {
        long next = Math.max(TICK_NANOS, (long) (scheduled * nanosBetween) - elapsed);
        var _ = loop.schedule(this::tick, next, TimeUnit.NANOSECONDS);
      }
    }

    private void assign() {
      while (!due.isEmpty() && !free.isEmpty()) {
        send(free.poll(), due.poll());
      }
    }

    void answered(Connection connection, boolean well, long dueNanos) {
      busy--;
      long now = nanoClock.getAsLong();
      if (well) {
        requests++;
        micros.recordValue(Math.clamp((now - dueNanos) / 1000, 0, LONGEST_MICROS));
      } else {
        failures++;
      }
      if (open()) {
        free.add(connection);
        assign();
      } else if (!over) {
        send(connection, now);
      }
      finish();
    }

    void broke(boolean underWay) {
      if (underWay) {
        busy--;
        failures++;
      }
      finish();
    }

    private void end() {
      over = true;
      finish();
    }

    private void finish() {
      if (over && busy == 0 && due.isEmpty()) {
        double seconds = (nanoClock.getAsLong() - beginNanos) / 1e9;
        result.complete(new LoadResult(requests, failures, seconds, micros));
      }
    }
  }

  /** One connection with at most one request under way. */
  private static final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private final Run run;
    private final ConversationBytes requests;
    private final int number;
    private long turns;
    private long dueNanos;
    private boolean underWay;
    private int status;
    private @Nullable ChannelHandlerContext context;

    Connection(Run run, ConversationBytes requests, int number) {
      this.run = run;
      this.requests = requests;
      this.number = number;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
      context = active;
      run.free.add(this);
    }

    void send(long due) {
      dueNanos = due;
      underWay = true;
      ChannelHandlerContext open = Objects.requireNonNull(context, "not connected yet");
      var _ = open.writeAndFlush(requests.turn(open.alloc(), number, turns++));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext from, HttpObject part) {
      if (part instanceof HttpResponse response) {
        status = response.status().code();
      }
      if (part instanceof LastHttpContent) {
        underWay = false;
        run.answered(this, status == 200, dueNanos);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext gone) {
      run.free.remove(this);
      run.broke(underWay);
      underWay = false;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
      var _ = from.close();
    }
  }
}
