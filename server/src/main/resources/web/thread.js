import { ApiError, newIdempotencyKey } from './api.js';
import { copyButton, element, icon, setText } from './dom.js';
import { integer, millis, percent, rate, titleOf } from './format.js';
import { showMarkdown } from './markdown.js';
import { SandClock } from './sand.js';

/**
 * One conversation on the page: its messages, and the turn that runs in it.
 *
 * Lives on when another page or conversation is looked at, so that an answer streams to its end.
 * Tells `change` when its session or its running state changed, `grown` when its text did.
 */
export class Thread extends EventTarget {
  #api;
  #book;
  #settings;
  #announcer;
  #list = element('ol', { class: 'messages' });
  #running = null;
  #session;
  #ended = false;
  #promptTokens = 0;
  #cachedTokens = 0;

  /** @param session `{id, token}`, or `null` for a conversation that begins with its first message */
  constructor({ api, book, settings, announcer, session }) {
    super();
    this.#api = api;
    this.#book = book;
    this.#settings = settings;
    this.#announcer = announcer;
    this.#session = session;
    this.node = element('div', { class: 'thread' }, this.#list);
  }

  get session() {
    return this.#session;
  }

  get running() {
    return this.#running !== null;
  }

  get ended() {
    return this.#ended;
  }

  get empty() {
    return this.#list.childElementCount === 0;
  }

  /** Prompt tokens of the turns that completed, and how many of them came from the cache. */
  get reuse() {
    return { promptTokens: this.#promptTokens, cachedTokens: this.#cachedTokens };
  }

  /** Shows what the gateway holds of the conversation. */
  async loadHistory() {
    const waiting = element('p', { class: 'note', role: 'status' }, 'Loading the conversation…');
    this.node.prepend(waiting);
    try {
      const { data } = await this.#api.messages(this.#session.id, this.#session.token);
      this.#promptTokens = 0;
      this.#cachedTokens = 0;
      data.filter((message) => message.status === 'completed').forEach((message) => this.#count(message.usage));
      this.#list.replaceChildren(...data.filter((message) => message.role !== 'system').map(historyNode));
      this.#grown();
    } catch (error) {
      if (error.sessionEnded || error.status === 404) {
        this.markEnded();
      } else {
        this.#list.replaceChildren(element('li', {}, errorCard(error, 'Load again', () => this.loadHistory())));
      }
    } finally {
      waiting.remove();
      this.#changed();
    }
  }

  /** Sends one message and streams its answer; resolves when the turn is over. */
  async send(text, idempotencyKey = newIdempotencyKey()) {
    if (this.#running || this.#ended) {
      return;
    }
    const abort = new AbortController();
    this.#running = abort;
    const question = userNode(text);
    const turn = new RunningAnswer();
    this.#list.append(question, turn.node);
    this.#announcer.begin();
    this.#changed();
    this.#grown();
    try {
      await this.#ensureSession(text);
      abort.signal.throwIfAborted();
      const chunks = this.#api.chat(
        this.#session.token,
        { messages: [{ role: 'user', content: text }], ...this.#settings.requestFields },
        { signal: abort.signal, idempotencyKey },
      );
      turn.sent();
      for await (const chunk of chunks) {
        if (turn.take(chunk)) {
          this.#announcer.text(turn.text);
          this.#grown();
        }
      }
      this.#count(turn.finish());
      this.#announcer.end(turn.text, 'Answer complete.');
    } catch (error) {
      if (error.name === 'AbortError') {
        turn.stopped();
        question.classList.add('dropped');
        this.#announcer.end(turn.text, 'Stopped.');
      } else if (error.sessionEnded) {
        turn.node.remove();
        question.classList.add('dropped');
        this.markEnded();
        this.#announcer.end(turn.text, 'This session has ended.');
      } else {
        turn.failed(error, () => {
          question.remove();
          turn.node.remove();
          void this.send(text, idempotencyKey);
        });
        question.classList.add('dropped');
        this.#announcer.end(turn.text, error.message);
        if (!(error instanceof ApiError)) {
          console.error(error);
        }
      }
    } finally {
      turn.settle();
      this.#running = null;
      if (this.#session && !this.#ended) {
        this.#book.used(this.#session.id);
      }
      this.#changed();
      this.#grown();
    }
  }

  stop() {
    this.#running?.abort();
  }

  /** Shows that the session is gone; what is on the page stays readable. */
  markEnded() {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.stop();
    this.#book.ended(this.#session.id);
    this.#list.append(
      element(
        'li',
        { class: 'ending' },
        element('strong', {}, 'This session has ended.'),
        element('span', {}, 'Its KV memory and transcript are gone from the gateway. What you see here is only this page.'),
      ),
    );
    this.#changed();
    this.#grown();
  }

  async #ensureSession(text) {
    if (this.#session) {
      return;
    }
    const body = { metadata: { client: 'console' } };
    if (this.#settings.system.trim() !== '') {
      body.system = this.#settings.system.trim();
    }
    const created = await this.#api.createSession(body);
    this.#session = { id: created.session_id, token: created.session_token };
    this.#book.add(created.session_id, created.session_token, titleOf(text));
    this.dispatchEvent(new Event('born'));
    this.#changed();
  }

  #count(usage) {
    if (usage) {
      this.#promptTokens += usage.prompt_tokens;
      this.#cachedTokens += cachedTokensOf(usage);
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #grown() {
    this.dispatchEvent(new Event('grown'));
  }
}

/** The answer that is being streamed. */
class RunningAnswer {
  #text = '';
  #usage = null;
  #extension = {};
  #finishReason = null;
  #sentAt = performance.now();
  #firstAt = null;
  #lastAt = null;
  #frame = null;
  #body = element('div', { class: 'markdown' });
  #elapsed = element('span', { class: 'elapsed' });
  #waiting;
  #ticking;

  constructor() {
    const clock = new SandClock('small flowing');
    clock.show(0.55);
    this.#waiting = element('div', { class: 'waiting' }, clock.node, element('span', {}, 'Waiting for the first token'), this.#elapsed);
    this.node = element(
      'li',
      { class: 'message assistant', 'aria-busy': 'true' },
      element('span', { class: 'visually-hidden' }, 'Hourglass answered:'),
      this.#waiting,
      this.#body,
    );
    this.#ticking = setInterval(() => setText(this.#elapsed, millis(performance.now() - this.#sentAt)), 500);
  }

  get text() {
    return this.#text;
  }

  sent() {
    this.#sentAt = performance.now();
  }

  /** Takes a chunk in; answers whether the text grew. */
  take(chunk) {
    this.#usage = chunk.usage ?? this.#usage;
    Object.assign(this.#extension, chunk.usage?.hourglass, chunk.hourglass);
    const choice = chunk.choices?.[0];
    this.#finishReason = choice?.finish_reason ?? this.#finishReason;
    const delta = choice?.delta?.content;
    if (!delta) {
      return false;
    }
    this.#lastAt = performance.now();
    if (this.#firstAt === null) {
      this.#firstAt = this.#lastAt;
      this.#stopWaiting();
      this.#body.classList.add('streaming');
    }
    this.#text += delta;
    this.#frame ??= requestAnimationFrame(() => this.#show());
    return true;
  }

  /** Shows what the whole answer cost; answers its usage. */
  finish() {
    this.settle();
    if (this.#text === '') {
      this.#body.append(element('p', { class: 'note' }, 'The model ended its turn without a word.'));
    }
    const tags = [];
    if (this.#finishReason === 'length') {
      tags.push('cut at the token limit');
    }
    if (this.#extension.compressed_messages > 0) {
      tags.push(`${integer(this.#extension.compressed_messages)} oldest messages no longer fit the context`);
    }
    const footer = footerOf(this.#usage, this.#timing(), tags);
    footer.append(copyButton('Copy this answer', () => this.#text));
    this.node.append(footer);
    return this.#usage;
  }

  stopped() {
    this.settle();
    this.node.classList.add('cut');
    this.node.append(footerOf(null, {}, ['stopped', 'not part of what the model will remember']));
  }

  failed(error, again) {
    this.settle();
    this.node.classList.add('cut');
    this.node.append(errorCard(error, 'Send again', again));
  }

  /** Stops whatever still moves. */
  settle() {
    this.#stopWaiting();
    if (this.#frame !== null) {
      cancelAnimationFrame(this.#frame);
      this.#show();
    }
    this.#body.classList.remove('streaming');
    this.node.removeAttribute('aria-busy');
  }

  #show() {
    this.#frame = null;
    showMarkdown(this.#body, this.#text);
  }

  #stopWaiting() {
    clearInterval(this.#ticking);
    this.#waiting.remove();
  }

  #timing() {
    const generated = this.#usage?.completion_tokens ?? 0;
    const seconds = (this.#lastAt - this.#firstAt) / 1000;
    return {
      firstTokenMillis: this.#extension.time_to_first_token_ms ?? (this.#firstAt === null ? null : this.#firstAt - this.#sentAt),
      tokensPerSecond: generated > 1 && seconds > 0 ? (generated - 1) / seconds : null,
    };
  }
}

/** Tells a screen reader an answer in whole sentences instead of tokens. */
export class Announcer {
  #region;
  #told = 0;

  constructor(region) {
    this.#region = region;
  }

  begin() {
    this.#told = 0;
    this.#region.replaceChildren('Answering…');
  }

  text(whole) {
    const fresh = whole.slice(this.#told);
    const end = Math.max(fresh.lastIndexOf('. '), fresh.lastIndexOf('\n'), fresh.lastIndexOf('? '), fresh.lastIndexOf('! '));
    if (end >= 0) {
      this.#region.append(element('span', {}, fresh.slice(0, end + 1)));
      this.#told += end + 1;
    }
  }

  /** Tells the rest of the text, and what became of it. */
  end(whole, words) {
    const rest = whole.slice(this.#told).trim();
    if (rest !== '') {
      this.#region.append(element('span', {}, `${rest} `));
    }
    this.#region.append(element('span', {}, words));
  }
}

function userNode(text) {
  return element(
    'li',
    { class: 'message user' },
    element('span', { class: 'visually-hidden' }, 'You wrote:'),
    element('div', { class: 'bubble' }, text),
  );
}

function historyNode(message) {
  const text = contentText(message.content);
  const whole = (message.status ?? 'completed') === 'completed';
  if (message.role !== 'assistant') {
    const node = userNode(text);
    node.classList.toggle('dropped', !whole);
    return node;
  }
  const body = element('div', { class: 'markdown' });
  showMarkdown(body, text);
  const node = element(
    'li',
    { class: `message assistant${whole ? '' : ' cut'}` },
    element('span', { class: 'visually-hidden' }, 'Hourglass answered:'),
    body,
  );
  if (!whole) {
    const word = message.status === 'cancelled' ? 'stopped' : 'failed';
    node.append(footerOf(null, {}, [word, 'not part of what the model will remember']));
  } else if (message.usage) {
    node.append(footerOf(message.usage, {}, []));
    node.lastChild.append(copyButton('Copy this answer', () => text));
  }
  return node;
}

function contentText(content) {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
}

function cachedTokensOf(usage) {
  return usage.prompt_tokens_details?.cached_tokens ?? 0;
}

/** What an answer cost: prompt tokens found in the KV cache beside those computed, and how fast it came. */
function footerOf(usage, timing, tags) {
  const footer = element('div', { class: 'cost', role: 'group', 'aria-label': 'What this answer cost' });
  if (usage) {
    const cached = cachedTokensOf(usage);
    const computed = usage.prompt_tokens - cached;
    const bar = element('span', {
      class: 'cost-bar',
      title: `${percent(cached, usage.prompt_tokens)} of the prompt's ${integer(usage.prompt_tokens)} tokens came from the KV cache`,
    });
    bar.style.setProperty('--cached', String(usage.prompt_tokens > 0 ? cached / usage.prompt_tokens : 0));
    footer.append(
      bar,
      fact('cached', integer(cached), 'cached'),
      fact('computed', integer(computed), 'computed'),
      fact('generated', integer(usage.completion_tokens), 'generated'),
    );
  }
  if (timing.firstTokenMillis !== null && timing.firstTokenMillis !== undefined) {
    footer.append(fact('first-token', millis(timing.firstTokenMillis), 'to first token'));
  }
  if (timing.tokensPerSecond) {
    footer.append(fact('rate', rate(timing.tokensPerSecond), 'tokens/s'));
  }
  footer.append(...tags.map((tag) => element('span', { class: 'tag' }, tag)));
  return footer;
}

function fact(name, value, words) {
  return element('span', { class: `fact ${name}` }, element('b', { dataset: { field: name } }, value), ` ${words}`);
}

/** An error as the gateway told it, with a way to go on where there is one. */
export function errorCard(error, againLabel, again) {
  const hint = element('span', { class: 'hint' });
  const button = element('button', { type: 'button', class: 'button quiet small', onclick: again }, icon('retry'), againLabel);
  const details = [error.code ?? error.type, error.status > 0 ? `HTTP ${error.status}` : null, error.requestId].filter(Boolean).join(' · ');
  const card = element(
    'div',
    { class: 'error-card', role: 'alert' },
    icon('warning'),
    element('div', { class: 'error-text' }, element('p', { class: 'error-message' }, error.message), details ? element('p', { class: 'fine' }, details) : null),
    element('div', { class: 'error-way' }, hint, button),
  );
  let seconds = error.retryAfterSeconds ?? 0;
  const tick = () => {
    button.disabled = seconds > 0;
    setText(hint, seconds > 0 ? `Try again in ${seconds} s` : '');
    seconds -= 1;
    if (seconds >= -1 && (card.isConnected || seconds === (error.retryAfterSeconds ?? 0) - 1)) {
      setTimeout(tick, 1000);
    }
  };
  tick();
  return card;
}
