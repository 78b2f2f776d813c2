package dev.hourglass.testkit.upstream;

import dev.hourglass.testkit.upstream.ScriptedUpstream.Request;

/** What a {@link ScriptedUpstream} says where no script waits: the ways of one kind of server. */
public interface ServerDialect {
  /** Answers a request to any path. */
  UpstreamScript answer(Request request);
}
