/** Server-sent events, read incrementally from a byte stream. */

/**
 * The events of a stream, as `{event, data}`.
 *
 * Bytes may be cut anywhere: inside a character, between CR and LF, in the middle of a field. An event
 * that its stream never finished with an empty line is dropped, as the HTML standard demands.
 *
 * @param {ReadableStream<Uint8Array>} stream
 */
export async function* serverSentEvents(stream) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  const lines = new LineSplitter();
  let event = 'message';
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      for (const line of lines.push(text)) {
        if (line === '') {
          if (data.length > 0) {
            yield { event, data: data.join('\n') };
          }
          event = 'message';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const raw = colon < 0 ? '' : line.slice(colon + 1);
        const content = raw.startsWith(' ') ? raw.slice(1) : raw;
        if (field === 'data') {
          data.push(content);
        } else if (field === 'event') {
          event = content;
        }
      }
      if (done) {
        return;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Lines ended by LF, CR or CRLF, the latter also where a border of two chunks splits it. */
class LineSplitter {
  #rest = '';
  #endedWithCarriageReturn = false;

  *push(text) {
    let chunk = text;
    if (this.#endedWithCarriageReturn && chunk.startsWith('\n')) {
      chunk = chunk.slice(1);
    }
    if (text !== '') {
      this.#endedWithCarriageReturn = chunk.endsWith('\r');
    }
    const parts = (this.#rest + chunk).split(/\r\n|\r|\n/);
    this.#rest = parts.pop();
    yield* parts;
  }
}
