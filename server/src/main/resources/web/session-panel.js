import { copyButton, element, icon, setText } from './dom.js';
import { countdown, integer, percent, shortId, span } from './format.js';
import { SandClock } from './sand.js';

const RESIDENCY = {
  hot: 'Its KV is in the engine: the next turn computes only what is new.',
  warm: 'Its KV is in host memory and is brought back for the next turn.',
  cold: 'Its KV is on disk and is brought back for the next turn.',
  transcript: 'Only its transcript is kept: the next turn computes it again.',
};

const QUIET_MILLIS = 4000;
const BUSY_MILLIS = 1000;

/** A coloured word for a session's state or residency. */
export function badge(axis, value) {
  return element('span', { class: `badge ${axis}`, dataset: { [axis]: value, field: axis }, title: axis === 'residency' ? RESIDENCY[value] : null }, value);
}

/** The part of a session's time that is left, 0 to 1. */
export function partLeft(session, nowSeconds) {
  const whole = session.context_ttl ?? session.expires_at - session.last_active;
  return Math.min(1, Math.max(0, (session.expires_at - nowSeconds) / Math.max(1, whole)));
}

/** Changes a {@link badge} in place. */
export function setBadge(node, axis, value) {
  node.dataset[axis] = value;
  setText(node, value);
  if (axis === 'residency') {
    node.title = RESIDENCY[value] ?? '';
  }
}

/** What the gateway says about the open conversation's session, kept up to date while somebody looks. */
export class SessionPanel {
  #api;
  #thread = null;
  #seen = null;
  #timer = null;
  #visible = false;
  #capacityTokens = null;
  #clock = new SandClock('large');
  #left = element('strong', { class: 'left', dataset: { field: 'expires' } });
  #leftWords = element('span', { class: 'left-words' });
  #state = badge('state', 'idle');
  #residency = badge('residency', 'transcript');
  #kv = element('strong', { dataset: { field: 'kv' } });
  #kvOf = element('span', {});
  #kvBar = element('span', { class: 'bar' });
  #turns = element('dd', { dataset: { field: 'turns' } });
  #age = element('dd', {});
  #id = element('code', { dataset: { field: 'session' } });
  #reuse = element('p', { class: 'reuse' });
  #live;
  #none;

  /** @param onDestroy called when the person wants the session destroyed */
  constructor({ api, onDestroy }) {
    this.#api = api;
    const thread = () => this.#thread?.session;
    this.#none = element(
      'p',
      { class: 'panel-none' },
      'A session begins with your first message. From then on you see here where its state lives and how long it stays.',
    );
    this.#live = element(
      'div',
      { class: 'panel-live', hidden: true },
      element('div', { class: 'panel-time' }, this.#clock.node, element('div', {}, this.#left, this.#leftWords)),
      element('div', { class: 'badges' }, this.#state, this.#residency),
      element('div', { class: 'panel-kv' }, element('div', { class: 'panel-kv-head' }, element('span', {}, 'KV tokens'), element('span', {}, this.#kv, ' ', this.#kvOf)), this.#kvBar),
      element('dl', { class: 'facts' }, element('dt', {}, 'Turns'), this.#turns, element('dt', {}, 'Age'), this.#age, element('dt', {}, 'Session'), element('dd', { class: 'with-copy' }, this.#id, copyButton('Copy the session id', () => thread()?.id ?? ''))),
      this.#reuse,
      element(
        'div',
        { class: 'panel-actions' },
        element('span', { class: 'with-copy' }, element('span', { class: 'fine' }, 'Token, to continue elsewhere'), copyButton('Copy the session token', () => thread()?.token ?? '')),
        element('button', { type: 'button', class: 'button quiet danger small', onclick: onDestroy }, icon('trash'), 'Destroy session'),
      ),
    );
    this.node = element('section', { class: 'session-panel', 'aria-label': 'Session' }, element('h2', {}, 'Session'), this.#none, this.#live);
    setInterval(() => this.#tick(), 1000);
    document.addEventListener('visibilitychange', () => this.refresh());
  }

  show(thread) {
    if (this.#thread !== thread) {
      this.#thread = thread;
      this.#seen = null;
    }
    this.refresh();
  }

  /** Polls only while the panel is on the page. */
  set visible(visible) {
    this.#visible = visible;
    this.refresh();
  }

  refresh() {
    clearTimeout(this.#timer);
    this.#render();
    if (this.#visible && !document.hidden && this.#thread?.session && !this.#thread.ended) {
      this.#timer = setTimeout(() => void this.#poll(this.#thread), this.#seen === null ? 0 : this.#thread.running ? BUSY_MILLIS : 250);
    }
  }

  async #poll(thread) {
    try {
      const { id, token } = thread.session;
      const [seen] = await Promise.all([this.#api.session(id, token, { background: true }), this.#learnCapacity()]);
      if (this.#thread !== thread) {
        return;
      }
      this.#seen = seen;
    } catch (error) {
      if (error.sessionEnded || error.status === 404) {
        thread.markEnded();
      }
      // Anything else passes, or the next message will tell.
    }
    this.#render();
    if (this.#thread === thread && this.#visible && !document.hidden && !thread.ended) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#poll(thread), thread.running ? BUSY_MILLIS : QUIET_MILLIS);
    }
  }

  async #learnCapacity() {
    if (this.#capacityTokens === null) {
      this.#capacityTokens = 0;
      try {
        const { kv } = await this.#api.sessions({ background: true });
        this.#capacityTokens = kv?.capacity_tokens ?? 0;
      } catch {
        // The bar then has no measure; the number stands alone.
      }
    }
  }

  #render() {
    const session = this.#thread?.session ?? null;
    const seen = this.#seen;
    this.#none.hidden = session !== null;
    this.#live.hidden = session === null;
    if (session === null) {
      return;
    }
    this.#live.classList.toggle('over', this.#thread.ended);
    setText(this.#id, shortId(session.id));
    this.#id.title = session.id;
    setBadge(this.#state, 'state', this.#thread.ended ? 'terminated' : (seen?.state ?? 'initializing'));
    this.#residency.hidden = seen === null || this.#thread.ended;
    if (seen) {
      setBadge(this.#residency, 'residency', seen.residency);
      setText(this.#turns, integer(seen.turns));
    }
    const kvTokens = this.#thread.ended ? 0 : (seen?.kv_tokens ?? 0);
    setText(this.#kv, integer(kvTokens));
    setText(this.#kvOf, this.#capacityTokens > 0 ? `of ${integer(this.#capacityTokens)}` : '');
    this.#kvBar.style.setProperty('--part', String(this.#capacityTokens > 0 ? kvTokens / this.#capacityTokens : 0));
    this.#kvBar.dataset.residency = seen?.residency ?? '';
    const { promptTokens, cachedTokens } = this.#thread.reuse;
    setText(
      this.#reuse,
      promptTokens > 0 ? `${percent(cachedTokens, promptTokens)} of ${integer(promptTokens)} prompt tokens came from the cache.` : '',
    );
    this.#clock.node.classList.toggle('flowing', this.#thread.running);
    this.#tick();
  }

  #tick() {
    if (this.#thread?.ended) {
      setText(this.#left, 'Ended');
      setText(this.#leftWords, 'its state is gone');
      this.#clock.show(0);
      return;
    }
    if (!this.#seen) {
      setText(this.#left, '–');
      setText(this.#leftWords, '');
      return;
    }
    const now = this.#api.nowSeconds();
    const { expires_at: expiresAt, created_at: createdAt } = this.#seen;
    const left = expiresAt - now;
    setText(this.#left, countdown(left));
    setText(this.#leftWords, 'until it expires; each turn renews it');
    this.#clock.show(partLeft(this.#seen, now));
    setText(this.#age, span(now - createdAt));
  }
}
