import { element, setText } from './dom.js';
import { integer, percent, shortId } from './format.js';

const MEANING = {
  hot: 'in the engine',
  warm: 'snapshots in memory',
  cold: 'snapshots on disk',
};

const REASON = {
  room: 'for room',
  price: 'below λ',
  ttl: 'idle too long',
  short: 'too short',
  refused: 'refused',
};

/** The tiers, one below the other: who is on each, how full it is, and what its memory costs. */
export class TierMap {
  #policy = element('span', { class: 'tier-policy', dataset: { field: 'policy' } });
  #rows = new Map();
  #list = element('div', { class: 'tier-rows' });

  constructor() {
    this.node = element(
      'section',
      { class: 'tiers', 'aria-label': 'Tiers', hidden: true },
      element('header', { class: 'tiers-head' }, element('h2', {}, 'Where state is kept'), this.#policy),
      this.#list,
    );
  }

  /** Shows the tiers with the sessions whose state is on each. */
  show(retention, sessions) {
    this.node.hidden = retention.tiers.length === 0;
    setText(this.#policy, retention.policy === null ? '' : `policy ${retention.policy}${retention.fallen_back ? ', by last use at present' : ''}`);
    // One scale for all tiers, so that what is longer holds more.
    const most = Math.max(1, ...retention.tiers.map((tier) => tier.kv_tokens));
    for (const tier of retention.tiers) {
      let row = this.#rows.get(tier.tier);
      if (!row) {
        row = new TierRow(tier.tier);
        this.#rows.set(tier.tier, row);
        this.#list.append(row.node);
      }
      row.show(tier, sessions.filter((session) => session.residency === tier.tier && session.retention.kv_tokens > 0), most);
    }
  }

  /** Marks a session's place while its row is pointed at. */
  point(id, pointed) {
    for (const row of this.#rows.values()) {
      row.point(id, pointed);
    }
  }
}

/** A price in milliseconds, with two digits that count. */
function perThousand(price) {
  const inMillis = price * 1000;
  return `${inMillis >= 0.01 ? Number(inMillis.toPrecision(2)) : '< 0.01'} ms`;
}

/** One tier. */
class TierRow {
  #price = element('strong', { dataset: { field: 'price' } });
  #held = element('span', { dataset: { field: 'held' } });
  #used = element('span', { dataset: { field: 'used' } });
  #gone = element('span', { class: 'tier-gone', dataset: { field: 'gone' } });
  #strip = element('div', { class: 'tier-strip', 'aria-hidden': 'true' });
  #segments = new Map();

  constructor(tier) {
    this.node = element(
      'div',
      { class: 'tier', dataset: { tier, residency: tier } },
      element('h3', {}, element('span', { class: 'tier-name' }, tier), element('span', { class: 'tier-meaning' }, MEANING[tier])),
      element('p', { class: 'tier-price' }, element('span', { title: 'Time saved for each second that a thousand tokens are held' }, 'λ '), this.#price),
      element('p', { class: 'tier-facts' }, this.#held, this.#used, this.#gone),
      this.#strip,
    );
  }

  show(tier, sessions, most) {
    setText(this.#price, tier.price === null ? '–' : perThousand(tier.price));
    setText(this.#held, `${integer(tier.sessions)} ${tier.sessions === 1 ? 'session' : 'sessions'}, ${integer(tier.kv_tokens)} tokens`);
    const expected = percent(tier.expected, 1);
    setText(this.#used, `${percent(tier.used, 1)} full${tier.expected === tier.used ? '' : `, ${expected} foreseen`}`);
    setText(
      this.#gone,
      Object.entries(tier.departures)
        .map(([reason, count]) => `${integer(count)} went ${REASON[reason] ?? reason}`)
        .join(', '),
    );
    this.#showStrip(sessions, most);
  }

  #showStrip(sessions, most) {
    const wanted = new Set(sessions.map((session) => session.session_id));
    for (const [id, node] of this.#segments) {
      if (!wanted.has(id)) {
        node.remove();
        this.#segments.delete(id);
      }
    }
    for (const session of [...sessions].sort((a, b) => b.retention.kv_tokens - a.retention.kv_tokens || a.created_at - b.created_at)) {
      const id = session.session_id;
      let node = this.#segments.get(id);
      if (!node) {
        node = element('span', { class: 'tier-segment', dataset: { id } });
        this.#segments.set(id, node);
      }
      node.style.setProperty('--part', String(session.retention.kv_tokens / most));
      node.title = `${shortId(id)}: ${integer(session.retention.kv_tokens)} KV tokens; ${session.retention.why}`;
      this.#strip.append(node);
    }
  }

  point(id, pointed) {
    this.#segments.get(id)?.classList.toggle('pointed', pointed);
  }
}
