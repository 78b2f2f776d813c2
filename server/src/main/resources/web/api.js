import { serverSentEvents } from './events.js';

/** The gateway's refusal or failure, as its error envelope tells it. */
export class ApiError extends Error {
  constructor({ status, message, type = null, code = null, retryAfterSeconds = null, requestId = null, earliestStart = null }) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.requestId = requestId;
    this.earliestStart = earliestStart;
  }

  /** The session's token no longer opens anything: it expired or was destroyed. */
  get sessionEnded() {
    return this.status === 401 && this.code === 'invalid_session_token';
  }

  get asksForKey() {
    return this.status === 401 && !this.sessionEnded;
  }

  /** The same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const KEY = 'hourglass.apiKey';

/** The gateway's HTTP API. */
export class GatewayApi {
  #askForKey;
  #key = null;
  #asking = null;
  #keyRefused = false;
  #clockAheadSeconds = 0;

  /** @param askForKey shows why a key is wanted and resolves to one, or to `null` where none is given */
  constructor(askForKey) {
    this.#askForKey = askForKey;
    try {
      this.#key = sessionStorage.getItem(KEY);
    } catch {
      // Without storage the key lives as long as the page.
    }
  }

  /** The gateway's time in Unix seconds, as far as its `Date` headers tell. */
  nowSeconds() {
    return Date.now() / 1000 + this.#clockAheadSeconds;
  }

  /** The models that chat. */
  async models() {
    const { data } = await this.#json('GET', 'v1/models', { background: true });
    return { data: data.filter((model) => model.embedding_dimensions === undefined) };
  }

  /** Whether the model is loaded. */
  async ready() {
    try {
      return (await fetch('readyz', { cache: 'no-store' })).ok;
    } catch {
      return false;
    }
  }

  async createSession(body) {
    return this.#json('POST', 'v1/sessions', { body });
  }

  async session(id, token, options = {}) {
    return this.#json('GET', `v1/sessions/${encodeURIComponent(id)}`, { token, ...options });
  }

  async messages(id, token) {
    return this.#json('GET', `v1/sessions/${encodeURIComponent(id)}/messages`, { token });
  }

  async sessions(options = {}) {
    return this.#json('GET', 'v1/sessions?limit=1000', options);
  }

  async retention(options = {}) {
    return this.#json('GET', 'v1/retention', options);
  }

  /** The latest receipts of destroyed sessions, newest first. */
  async receipts(options = {}) {
    return this.#json('GET', 'v1/receipts?limit=50', options);
  }

  async load(options = {}) {
    return this.#json('GET', 'v1/load', options);
  }

  /** The servers behind the gateway; for operators. */
  async endpoints(options = {}) {
    return this.#json('GET', 'v1/endpoints', options);
  }

  /** Has an endpoint drained, ejected or restored. */
  async orderEndpoint(id, verb) {
    return this.#json('POST', `v1/endpoints/${encodeURIComponent(id)}/${verb}`, {});
  }

  async reservations(options = {}) {
    return this.#json('GET', 'v1/reservations?limit=1000', options);
  }

  /** What is reserved of a model's pool, from one Unix second to another. */
  async calendar(model, from, until, options = {}) {
    const query = new URLSearchParams({ from: isoTime(from), until: isoTime(until) });
    if (model) {
      query.set('model', model);
    }
    return this.#json('GET', `v1/calendar?${query}`, options);
  }

  async hold(body) {
    return this.#json('POST', 'v1/reservations', { body });
  }

  async confirmReservation(id) {
    return this.#json('POST', `v1/reservations/${encodeURIComponent(id)}/confirm`, {});
  }

  async releaseReservation(id) {
    return this.#json('DELETE', `v1/reservations/${encodeURIComponent(id)}`, {});
  }

  /** Destroys a session; resolves to its receipt, for which a slow destruction is asked repeatedly. */
  async destroy(id, token) {
    const answer = await this.#json('DELETE', `v1/sessions/${encodeURIComponent(id)}`, { token });
    if (answer.stages) {
      return answer;
    }
    const address = (answer.receipt ?? `v1/sessions/${encodeURIComponent(id)}/receipt`).replace(/^\/+/, '');
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      // The token is already worth nothing: the receipt belongs to the tenant.
      const receipt = await this.#json('GET', address, {});
      if (receipt.stages) {
        return receipt;
      }
    }
  }

  /**
   * The chunks of a streamed answer.
   *
   * Ends normally only after the stream's `[DONE]`; a stream that breaks off is an {@link ApiError}.
   */
  async *chat(token, body, { signal, idempotencyKey }) {
    const response = await this.#send('POST', 'v1/chat/completions', {
      token,
      body: { ...body, stream: true, stream_options: { include_usage: true } },
      signal,
      headers: { Accept: 'text/event-stream', 'Idempotency-Key': idempotencyKey },
    });
    const requestId = response.headers.get('x-request-id');
    let done = false;
    try {
      for await (const { data } of serverSentEvents(response.body)) {
        if (data === '[DONE]') {
          // Read on to the very end: a stream that is left early costs its connection.
          done = true;
          continue;
        }
        const chunk = JSON.parse(data);
        if (chunk.error) {
          throw new ApiError({ status: 500, requestId, ...envelope(chunk.error) });
        }
        yield chunk;
      }
    } catch (failure) {
      if (failure instanceof ApiError || failure.name === 'AbortError') {
        throw failure;
      }
      if (done) {
        return;
      }
      throw new ApiError({ status: 0, message: 'The connection broke before the answer was complete.', requestId });
    }
    if (done) {
      return;
    }
    throw new ApiError({ status: 0, message: 'The stream ended before the answer was complete.', requestId });
  }

  /** Asks for a key at once, for instance after an earlier question was dismissed. */
  async enterKey(reason) {
    this.#keyRefused = false;
    return this.#newKey(reason);
  }

  async #json(method, path, options) {
    const response = await this.#send(method, path, options);
    try {
      return await response.json();
    } catch {
      throw new ApiError({ status: response.status, message: 'The gateway answered something that is not JSON.' });
    }
  }

  /** Sends until the key fits; a `background` request never opens the dialog a second time. */
  async #send(method, path, { token = null, body = null, signal = null, headers = {}, background = false }) {
    for (;;) {
      const keyUsed = this.#key;
      const response = await this.#attempt(method, path, { token, body, signal, headers });
      if (response.ok) {
        return response;
      }
      const error = await errorOf(response);
      if (!error.asksForKey) {
        throw error;
      }
      if (this.#key !== keyUsed) {
        continue; // another request was given a newer key meanwhile
      }
      if ((background && this.#keyRefused) || !(await this.#newKey(error.message))) {
        throw error;
      }
    }
  }

  async #attempt(method, path, { token, body, signal, headers }) {
    const all = { Accept: 'application/json', ...headers };
    if (this.#key) {
      all.Authorization = `Bearer ${this.#key}`;
    }
    if (token) {
      all['X-Session-Token'] = token;
    }
    if (body !== null) {
      all['Content-Type'] = 'application/json';
    }
    try {
      const response = await fetch(path, {
        method,
        headers: all,
        body: body === null ? undefined : JSON.stringify(body),
        signal,
        cache: 'no-store',
      });
      this.#readClock(response.headers.get('date'));
      return response;
    } catch (failure) {
      if (failure.name === 'AbortError') {
        throw failure;
      }
      throw new ApiError({ status: 0, message: 'The gateway cannot be reached. Is it still running?' });
    }
  }

  #newKey(reason) {
    this.#asking ??= this.#askForKey(reason, this.#key !== null).then((key) => {
      this.#asking = null;
      this.#keyRefused = key === null;
      if (key === null) {
        return false;
      }
      this.#key = key;
      try {
        sessionStorage.setItem(KEY, key);
      } catch {
        // Without storage the key lives as long as the page.
      }
      return true;
    });
    return this.#asking;
  }

  #readClock(date) {
    const seconds = date ? Date.parse(date) / 1000 : NaN;
    // The header has whole seconds: a difference below two of them says nothing.
    if (Number.isFinite(seconds)) {
      const ahead = seconds - Date.now() / 1000;
      this.#clockAheadSeconds = Math.abs(ahead) < 2 ? 0 : ahead;
    }
  }
}

/** A random key by which the gateway recognises a request that is sent again. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function errorOf(response) {
  const retryAfter = response.headers.get('retry-after');
  const common = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfterSeconds: retryAfter === null ? null : secondsUntil(retryAfter),
  };
  try {
    const { error } = await response.json();
    return new ApiError({ ...common, ...envelope(error) });
  } catch {
    return new ApiError({ ...common, message: `The gateway answered ${response.status}.` });
  }
}

function envelope(error) {
  return {
    message: error.message ?? 'The gateway gave no reason.',
    type: error.type ?? null,
    code: error.code ?? null,
    earliestStart: error.earliest_start ?? null,
  };
}

function isoTime(seconds) {
  return new Date(seconds * 1000).toISOString();
}

/** `Retry-After` is a number of seconds or a date. */
function secondsUntil(retryAfter) {
  if (/^\d+(\.\d+)?$/.test(retryAfter.trim())) {
    return Math.ceil(Number(retryAfter));
  }
  const seconds = (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
