import { destroyWithReceipt } from './dialogs.js';
import { element, icon, iconButton, setText } from './dom.js';
import { countdown, integer, percent, shortId, span } from './format.js';
import { badge, partLeft, setBadge } from './session-panel.js';
import { LeakGuard } from './leaks.js';
import { ReceiptLog } from './receipts.js';
import { Refresh } from './refresh.js';
import { TierMap } from './tiers.js';

const REFRESH_MILLIS = 2000;

const COLUMNS = [
  { name: 'Session', key: null },
  { name: 'State', key: 'state' },
  { name: 'KV tokens', key: 'kv_tokens' },
  { name: 'Activity', key: 'score' },
  { name: 'Turns', key: 'turns' },
  { name: 'Age', key: 'created_at', ascendingFirst: true },
  { name: 'Last active', key: 'last_active' },
  { name: 'Expires in', key: 'expires_at', ascendingFirst: true },
];

/** The page of all live sessions that the caller may see, refreshed while it is looked at. */
export class SessionsPage {
  #api;
  #book;
  #onGone;
  #refresh;
  #list = null;
  #rows = new Map();
  #segments = new Map();
  #sort = { key: 'last_active', descending: true };
  #kind = 'all';
  #live = totalNumber('live');
  #resident = totalNumber('resident');
  #kvUsed = totalNumber('kv-used');
  #kvOf = element('span', { class: 'total-of' });
  #kvPart = element('span', { class: 'total-of', dataset: { field: 'kv-part' } });
  #map = element('div', { class: 'kv-map', 'aria-hidden': 'true' });
  #tiers = new TierMap();
  #leaks = new LeakGuard();
  #receipts = new ReceiptLog();
  #body = element('tbody');
  #heads = [];
  #count = element('p', { class: 'fine', role: 'status', dataset: { field: 'count' } });
  #problem = element('div', { class: 'problem' });
  #table;
  #none = element('div', { class: 'none', hidden: true });

  constructor({ api, book, onGone, menuButton }) {
    this.#api = api;
    this.#book = book;
    this.#onGone = onGone;
    this.#table = element(
      'table',
      { class: 'sessions' },
      element('caption', { class: 'visually-hidden' }, 'Live sessions, refreshed every two seconds'),
      element('thead', {}, element('tr', {}, ...COLUMNS.map((column) => this.#head(column)), element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Actions')))),
      this.#body,
    );
    this.node = element(
      'section',
      { class: 'page sessions-page', 'aria-label': 'Sessions' },
      element('header', { class: 'page-head' }, menuButton, element('h1', { tabindex: '-1' }, 'Sessions'), this.#kindFilter()),
      element(
        'div',
        { class: 'sessions-scroll' },
        this.#problem,
        element(
          'div',
          { class: 'totals' },
          element('div', { class: 'total' }, element('h2', {}, 'Live'), element('p', {}, this.#live)),
          element('div', { class: 'total' }, element('h2', {}, 'Resident'), element('p', {}, this.#resident, element('span', { class: 'total-of' }, 'hot in the engine'))),
          element('div', { class: 'total wide' }, element('h2', {}, 'KV memory'), element('p', {}, this.#kvUsed, this.#kvOf, this.#kvPart), this.#map),
        ),
        this.#tiers.node,
        this.#table,
        this.#none,
        this.#count,
        this.#leaks.node,
        this.#receipts.node,
      ),
    );
    this.#refresh = new Refresh(api, this.node, this.#problem, REFRESH_MILLIS, () => this.#read());
    setInterval(() => this.#tick(), 1000);
  }

  set visible(visible) {
    this.node.hidden = !visible;
    this.#refresh.now();
  }

  async #read() {
    const background = { background: true };
    const [list, retention, receipts] = await Promise.all([this.#api.sessions(background), this.#api.retention(background), this.#api.receipts(background)]);
    this.#list = list;
    this.#tiers.show(retention, list.data);
    this.#leaks.show(retention.sweep, this.#api.nowSeconds());
    this.#receipts.show(receipts.data, this.#api.nowSeconds());
    this.#render();
  }

  #render() {
    const all = this.#list.data;
    const kv = this.#list.kv ?? { used_tokens: all.reduce((sum, session) => sum + session.kv_tokens, 0), capacity_tokens: 0 };
    setText(this.#live, this.#total());
    setText(this.#resident, integer(all.filter((session) => session.residency === 'hot').length));
    setText(this.#kvUsed, integer(kv.used_tokens));
    setText(this.#kvOf, kv.capacity_tokens > 0 ? `of ${integer(kv.capacity_tokens)} tokens` : 'tokens');
    setText(this.#kvPart, kv.capacity_tokens > 0 ? percent(kv.used_tokens, kv.capacity_tokens) : '');
    this.#renderMap(all, kv);

    const shown = all.filter((session) => this.#kind === 'all' || session.kind === this.#kind).sort(this.#order());
    const measure = kv.capacity_tokens > 0 ? kv.capacity_tokens : Math.max(1, ...all.map((session) => session.kv_tokens));
    this.#reconcile(this.#body, this.#rows, shown, (session) => new SessionRow(session, this.#book, () => void this.#destroy(session.session_id), (pointed) => {
      this.#segments.get(session.session_id)?.node.classList.toggle('pointed', pointed);
      this.#tiers.point(session.session_id, pointed);
    }));
    for (const session of shown) {
      this.#rows.get(session.session_id).show(session, measure);
    }
    this.#tick();
    this.#table.hidden = shown.length === 0;
    this.#none.hidden = shown.length > 0;
    if (shown.length === 0) {
      this.#none.replaceChildren(
        element('p', {}, this.#kind === 'all' ? 'No session lives at the moment.' : `No ${this.#kind} session lives at the moment.`),
        element('a', { class: 'button', href: '#/chat' }, icon('chat'), 'Begin one'),
      );
    }
    setText(this.#count, shown.length === 0 ? '' : `Showing ${integer(shown.length)} of ${this.#total()} sessions`);
  }

  #total() {
    const { total, data, has_more: hasMore } = this.#list;
    return integer(total ?? data.length) + (hasMore && total === undefined ? '+' : '');
  }

  /** The engine's KV memory as a strip, in which each session that is in it has its share. */
  #renderMap(all, kv) {
    const holding = all.filter((session) => session.residency === 'hot' && session.kv_tokens > 0).sort((a, b) => a.created_at - b.created_at);
    const sum = holding.reduce((total, session) => total + session.kv_tokens, 0);
    // A shared prefix is counted for each of its sessions; the strip shows each cell once.
    const scale = sum === 0 ? 0 : kv.capacity_tokens > 0 ? Math.min(1, kv.used_tokens / sum) / kv.capacity_tokens : 1 / sum;
    this.#reconcile(this.#map, this.#segments, holding, (session) => ({ node: element('span', { class: 'kv-segment', dataset: { id: session.session_id } }) }));
    for (const session of holding) {
      const { node } = this.#segments.get(session.session_id);
      node.style.setProperty('--part', String(session.kv_tokens * scale));
      node.dataset.residency = session.residency;
      node.title = `${shortId(session.session_id)}: ${integer(session.kv_tokens)} KV tokens`;
    }
  }

  /** Makes a parent's children those of the given sessions, in their order, and keeps the nodes that stay. */
  #reconcile(parent, known, sessions, create) {
    const wanted = new Set(sessions.map((session) => session.session_id));
    for (const [id, item] of known) {
      if (!wanted.has(id)) {
        item.node.remove();
        known.delete(id);
      }
    }
    sessions.forEach((session, index) => {
      if (!known.has(session.session_id)) {
        known.set(session.session_id, create(session));
      }
      const { node } = known.get(session.session_id);
      if (parent.children[index] !== node) {
        parent.insertBefore(node, parent.children[index] ?? null);
      }
    });
  }

  #tick() {
    if (!this.node.hidden) {
      const now = this.#api.nowSeconds();
      for (const row of this.#rows.values()) {
        row.tick(now);
      }
    }
  }

  #order() {
    const { key, descending } = this.#sort;
    const sign = descending ? -1 : 1;
    return (a, b) => {
      const [one, other] = key === 'score' ? [a, b].map((session) => session.activity?.score ?? -1) : [a[key], b[key]];
      const difference = typeof one === 'string' ? one.localeCompare(other) : one - other;
      return sign * difference || a.session_id.localeCompare(b.session_id);
    };
  }

  #head({ name, key, ascendingFirst = false }) {
    if (key === null) {
      return element('th', { scope: 'col' }, name);
    }
    const head = element(
      'th',
      { scope: 'col' },
      element(
        'button',
        {
          type: 'button',
          onclick: () => {
            const same = this.#sort.key === key;
            this.#sort = { key, descending: same ? !this.#sort.descending : !ascendingFirst };
            this.#showSort();
            if (this.#list) {
              this.#render();
            }
          },
        },
        name,
        element('span', { class: 'sort-mark', 'aria-hidden': 'true' }),
      ),
    );
    this.#heads.push({ head, key });
    if (this.#sort.key === key) {
      head.setAttribute('aria-sort', 'descending');
    }
    return head;
  }

  #showSort() {
    for (const { head, key } of this.#heads) {
      if (key === this.#sort.key) {
        head.setAttribute('aria-sort', this.#sort.descending ? 'descending' : 'ascending');
      } else {
        head.removeAttribute('aria-sort');
      }
    }
  }

  #kindFilter() {
    return element(
      'fieldset',
      { class: 'segmented' },
      element('legend', { class: 'visually-hidden' }, 'Which sessions'),
      ...['all', 'explicit', 'implicit'].map((kind) =>
        element(
          'label',
          {},
          element('input', {
            type: 'radio',
            name: 'kind',
            value: kind,
            checked: kind === this.#kind,
            onchange: () => {
              this.#kind = kind;
              if (this.#list) {
                this.#render();
              }
            },
          }),
          element('span', {}, kind),
        ),
      ),
    );
  }

  async #destroy(id) {
    const entry = this.#book.find(id);
    const gone = await destroyWithReceipt({ id, title: entry?.title, destroy: () => this.#api.destroy(id, entry?.token) });
    if (gone) {
      this.#onGone(id);
    }
    this.#refresh.now();
  }
}

/** One session's row; it is kept and changed in place while the session lives. */
class SessionRow {
  #session;
  #state = badge('state', 'idle');
  #residency = badge('residency', 'hot');
  #kv = element('span', { class: 'kv-number', dataset: { field: 'kv' } });
  #bar = element('span', { class: 'bar' });
  #why = element('p', { class: 'row-why', dataset: { field: 'why' } });
  #activity = new ActivityCell();
  #turns = element('td', { dataset: { label: 'Turns', field: 'turns' } });
  #age = element('td', { dataset: { label: 'Age', field: 'age' } });
  #active = element('td', { dataset: { label: 'Last active', field: 'active' } });
  #expires = element('span', { dataset: { field: 'expires' } });
  #fuse = element('span', { class: 'fuse' });

  constructor(session, book, onDestroy, onPointed) {
    const entry = book.find(session.session_id);
    this.node = element(
      'tr',
      {
        dataset: { id: session.session_id },
        onpointerenter: () => onPointed(true),
        onpointerleave: () => onPointed(false),
      },
      element(
        'th',
        { scope: 'row' },
        element('code', { class: 'row-id', title: session.session_id }, shortId(session.session_id)),
        element(
          'span',
          { class: 'row-about' },
          element('span', { dataset: { field: 'kind' } }, session.kind),
          entry && !entry.ended ? element('a', { href: `#/chat/${encodeURIComponent(entry.id)}` }, entry.title) : aboutOf(session),
        ),
        this.#why,
      ),
      element('td', { dataset: { label: 'State' } }, element('span', { class: 'badges' }, this.#state, this.#residency)),
      element('td', { class: 'kv-cell', dataset: { label: 'KV tokens' } }, this.#kv, this.#bar),
      this.#activity.node,
      this.#turns,
      this.#age,
      this.#active,
      element('td', { class: 'expires-cell', dataset: { label: 'Expires in' } }, this.#expires, this.#fuse),
      element('td', { class: 'row-actions' }, iconButton('trash', `Destroy session ${shortId(session.session_id)}`, onDestroy, { class: 'icon-button danger' })),
    );
  }

  show(session, measure) {
    this.#session = session;
    setBadge(this.#state, 'state', session.state);
    setBadge(this.#residency, 'residency', session.residency);
    setText(this.#why, session.retention.why);
    this.#activity.show(session.activity);
    setText(this.#kv, integer(session.kv_tokens));
    setText(this.#turns, integer(session.turns));
    this.#bar.style.setProperty('--part', String(session.kv_tokens / measure));
    this.#bar.dataset.residency = session.residency;
  }

  tick(now) {
    const { created_at: createdAt, last_active: lastActive, expires_at: expiresAt } = this.#session;
    setText(this.#age, span(now - createdAt));
    setText(this.#active, now - lastActive < 2 ? 'now' : `${span(now - lastActive)} ago`);
    setText(this.#expires, countdown(expiresAt - now));
    this.#fuse.style.setProperty('--part', String(partLeft(this.#session, now)));
  }
}

const PARTS = [
  ['density', 'how many messages came of late'],
  ['responsiveness', 'how well its silence fits its habits'],
  ['topic_continuity', 'how alike its user turns are'],
];

/** How active a session is: the score, and a bar for each of its three parts. */
class ActivityCell {
  #score = element('span', { class: 'activity-score', dataset: { field: 'activity' } }, '–');
  #parts = PARTS.map(([part]) => element('span', { class: 'bar', dataset: { part } }));

  constructor() {
    this.node = element('td', { class: 'activity-cell', dataset: { label: 'Activity' } }, this.#score, element('span', { class: 'activity-parts' }, ...this.#parts));
  }

  show(activity) {
    setText(this.#score, activity ? activity.score.toFixed(2) : '–');
    PARTS.forEach(([part, meaning], index) => {
      const value = activity?.[part] ?? 0;
      this.#parts[index].style.setProperty('--part', String(value));
      this.#parts[index].title = activity ? `${part.replace('_', ' ')} ${value.toFixed(2)}: ${meaning}` : '';
    });
  }
}

function aboutOf(session) {
  const client = session.metadata?.client;
  return element('span', {}, [session.model, typeof client === 'string' ? client : null].filter(Boolean).join(' · '));
}

function totalNumber(name) {
  return element('strong', { dataset: { field: name } }, '–');
}
