import { drawing, element, setText } from './dom.js';
import { integer, millis, percent, rate, shortId } from './format.js';
import { Refresh } from './refresh.js';
import { errorCard } from './thread.js';

const REFRESH_MILLIS = 2000;
const POINTS = 90;
const WIDTH = 180;
const HEIGHT = 34;

const STATES = {
  serving: 'serving',
  ramping: 'coming back',
  isolated: 'isolated: it misses probes or calls',
  set_aside: 'set aside: far slower than the others',
  ejected: 'ejected by an operator',
  draining: 'draining',
};

const BREAKERS = { closed: 'closed', open: 'open', half_open: 'half open' };

/** The page of the servers behind the gateway: how each fares, and what an operator can do. */
export class EndpointsPage {
  #api;
  #refresh;
  #cards = new Map();
  #problem = element('div', { class: 'problem' });
  #list = element('div', { class: 'endpoints' });
  #none = element('p', { class: 'none', hidden: true }, 'No other server is behind this gateway: its model runs in this process. Start with --upstream URL, or name pools in hourglass.yaml.');

  constructor({ api, menuButton }) {
    this.#api = api;
    this.node = element(
      'section',
      { class: 'page endpoints-page', 'aria-label': 'Endpoints' },
      element('header', { class: 'page-head' }, menuButton, element('h1', { tabindex: '-1' }, 'Endpoints')),
      element('div', { class: 'load-scroll' }, this.#problem, this.#none, this.#list),
    );
    this.#refresh = new Refresh(api, this.node, this.#problem, REFRESH_MILLIS, () => this.#read());
  }

  set visible(visible) {
    this.node.hidden = !visible;
    this.#refresh.now();
  }

  async #read() {
    const { data } = await this.#api.endpoints({ background: true });
    this.#show(data);
  }

  #show(endpoints) {
    this.#none.hidden = endpoints.length > 0;
    const seen = new Set();
    for (const endpoint of endpoints) {
      const key = `${endpoint.model} ${endpoint.id}`;
      seen.add(key);
      if (!this.#cards.has(key)) {
        const card = new EndpointCard((verb) => this.#order(endpoint.id, verb));
        this.#cards.set(key, card);
        this.#list.append(card.node);
      }
      this.#cards.get(key).show(endpoint);
    }
    for (const [key, card] of this.#cards) {
      if (!seen.has(key)) {
        card.node.remove();
        this.#cards.delete(key);
      }
    }
  }

  /** Drains, ejects or restores an endpoint, wherever it serves. */
  async #order(id, verb) {
    try {
      await this.#api.orderEndpoint(id, verb);
      this.#problem.replaceChildren();
    } catch (error) {
      this.#problem.replaceChildren(errorCard(error, 'Dismiss', () => this.#problem.replaceChildren()));
    }
    this.#refresh.now();
  }
}

/** One endpoint: its state in words, its load in bars, its pace as lines. */
class EndpointCard {
  #name = element('h2');
  #state = element('span', { class: 'endpoint-state', dataset: { field: 'state' } });
  #breaker = element('span', { class: 'fine', dataset: { field: 'breaker' } });
  #flight = new Bar('In flight', 'in-flight');
  #memory = new Bar('KV memory', 'kv');
  #firstToken = new Sparkline('Time to first token', 'ttft');
  #perToken = new Sparkline('Time per token', 'per-token');
  #counts = element('p', { class: 'fine', dataset: { field: 'counts' } });
  #sessions = element('p', { class: 'fine', dataset: { field: 'sessions' } });
  #buttons = {};

  constructor(order) {
    for (const [verb, label, meaning] of [
      ['drain', 'Drain', 'Send nothing new to it; what runs there goes on'],
      ['eject', 'Eject', 'Take it out until it is restored; what runs there goes on'],
      ['restore', 'Restore', 'Bring it back, with a share that grows'],
    ]) {
      this.#buttons[verb] = element('button', { type: 'button', class: 'button small', title: meaning, onclick: () => void order(verb) }, label);
    }
    this.node = element(
      'article',
      { class: 'endpoint' },
      element('header', {}, this.#name, this.#state, this.#breaker),
      element('div', { class: 'endpoint-figures' }, this.#flight.node, this.#memory.node, this.#firstToken.node, this.#perToken.node),
      this.#counts,
      this.#sessions,
      element('footer', {}, ...Object.values(this.#buttons)),
    );
  }

  show(endpoint) {
    this.node.dataset.endpoint = endpoint.id;
    this.node.dataset.state = endpoint.state;
    setText(this.#name, `${endpoint.id} · ${endpoint.model}`);
    const share = endpoint.state === 'ramping' ? `, ${percent(endpoint.share, 1)} of its share` : '';
    setText(this.#state, `${STATES[endpoint.state] ?? endpoint.state}${share}`);
    const pause = endpoint.breaker === 'open' ? ` for ${rate(endpoint.breaker_open_seconds)} s` : '';
    setText(this.#breaker, `breaker ${BREAKERS[endpoint.breaker] ?? endpoint.breaker}${pause}`);
    this.#flight.show(endpoint.in_flight, endpoint.slots, endpoint.slots === null ? '' : `of ${integer(endpoint.slots)} slots`);
    this.#memory.show(
      endpoint.kv_tokens,
      endpoint.kv_capacity_tokens,
      endpoint.kv_capacity_tokens === null ? 'tokens' : `of ${integer(endpoint.kv_capacity_tokens)} tokens`,
    );
    this.#firstToken.show(endpoint.seconds_to_first_token);
    this.#perToken.show(endpoint.seconds_per_token);
    const { sent, completed, dropped, failed_before_text: before, failed_partway: partway } = endpoint.generations;
    setText(
      this.#counts,
      `${integer(sent)} generations sent, ${integer(completed)} completed, ${integer(dropped)} dropped; failed ${integer(before)} before and ${integer(partway)} after the first token.`,
    );
    const held = endpoint.latest_sessions.map((session) => shortId(session.session_id));
    const more = endpoint.sessions - held.length;
    setText(
      this.#sessions,
      endpoint.sessions === 0
        ? 'No session is known to sit here.'
        : `${integer(endpoint.sessions)} sessions sit here: ${held.join(', ')}${more > 0 ? ` and ${integer(more)} more` : ''}.`,
    );
    const out = endpoint.state === 'ejected' || endpoint.state === 'draining';
    this.#buttons.drain.disabled = out;
    this.#buttons.eject.disabled = endpoint.state === 'ejected';
    this.#buttons.restore.disabled = !out && endpoint.state === 'serving';
  }
}

/** A number, and how much of a whole that is. */
class Bar {
  #value = element('strong');
  #of = element('span', { class: 'total-of' });
  #full = element('span', { class: 'gauge-full' });

  constructor(label, field) {
    this.node = element(
      'div',
      { class: 'figure', dataset: { field } },
      element('h3', {}, label),
      element('p', {}, this.#value, this.#of),
      element('span', { class: 'gauge', 'aria-hidden': 'true' }, this.#full),
    );
  }

  show(part, whole, words) {
    setText(this.#value, integer(part));
    setText(this.#of, words);
    this.#full.parentNode.hidden = whole === null;
    this.#full.style.width = whole === null ? '0' : `${Math.min(100, (100 * part) / whole)}%`;
  }
}

/** A time in seconds, and how it went while the page was open. */
class Sparkline {
  #value = element('strong');
  #line = drawing('path', { class: 'spark', fill: 'none' });
  #points = [];

  constructor(label, field) {
    this.node = element(
      'div',
      { class: 'figure', dataset: { field } },
      element('h3', {}, label),
      element('p', {}, this.#value),
      drawing('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.#line),
    );
  }

  show(seconds) {
    setText(this.#value, seconds === null ? 'unknown' : millis(1000 * seconds));
    this.#points.push(seconds);
    if (this.#points.length > POINTS) {
      this.#points.shift();
    }
    const top = Math.max(...this.#points.map((point) => point ?? 0));
    let path = '';
    this.#points.forEach((point, index) => {
      if (point !== null) {
        const x = WIDTH - ((this.#points.length - 1 - index) * WIDTH) / (POINTS - 1);
        const y = HEIGHT - 2 - ((HEIGHT - 4) * point) / top;
        const drawn = index > 0 && this.#points[index - 1] !== null;
        path += `${drawn ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
      }
    });
    this.#line.setAttribute('d', path);
  }
}
