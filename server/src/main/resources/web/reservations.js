import { PoolCalendar, VIEWS, windowText } from './calendar.js';
import { element, icon, iconButton, setText } from './dom.js';
import { countdown, integer, shortId, span } from './format.js';
import { badge, setBadge } from './session-panel.js';
import { Refresh } from './refresh.js';

const REFRESH_MILLIS = 2000;
const COUNTS_AS_NOW_SECONDS = 120;
const LIVE = new Set(['held', 'confirmed', 'active']);
const COLUMNS = ['Reservation', 'Window', 'Sessions', 'Status', 'Time'];

/** The page on which room is reserved: a pool's calendar, a form, and one's own reservations. */
export class ReservationsPage {
  #api;
  #refresh;
  #models = [];
  #model = null;
  #view = '24 h';
  #ahead = 0;
  #rows = new Map();
  #calendar = new PoolCalendar((start, end) => this.#propose(start, end));
  #shownWindow = element('h2', { class: 'calendar-window', dataset: { field: 'window' } });
  #modelChoice = element('select', { id: 'reserve-model', onchange: () => this.#chooseModel() });
  #start = moment('reserve-start', () => this.#mark());
  #end = moment('reserve-end', () => this.#mark());
  #sessions = element('input', { id: 'reserve-sessions', type: 'number', min: '1', step: '1', value: '1', required: true });
  #name = element('input', { id: 'reserve-id', type: 'text', maxlength: '64', pattern: '[A-Za-z0-9._\\-]{1,64}', placeholder: 'drawn by the gateway', autocomplete: 'off', spellcheck: 'false' });
  #answer = element('div', { class: 'reserve-answer', role: 'status' });
  #submit = element('button', { type: 'submit', class: 'button' }, icon('plus'), 'Hold');
  #body = element('tbody');
  #table;
  #none = element('p', { class: 'none', hidden: true }, 'Nothing is reserved yet. Drag over the calendar, or fill the form.');
  #endedToggle = element('input', { type: 'checkbox', id: 'show-ended', onchange: () => this.#refresh.now() });
  #problem = element('div', { class: 'problem' });

  constructor({ api, menuButton }) {
    this.#api = api;
    this.#table = element(
      'table',
      { class: 'sessions reservations' },
      element('caption', { class: 'visually-hidden' }, 'Your reservations, refreshed every two seconds'),
      element('thead', {}, element('tr', {}, ...COLUMNS.map((name) => element('th', { scope: 'col' }, name)), element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Actions')))),
      this.#body,
    );
    this.node = element(
      'section',
      { class: 'page sessions-page reservations-page', 'aria-label': 'Reservations' },
      element('header', { class: 'page-head' }, menuButton, element('h1', { tabindex: '-1' }, 'Reservations'), this.#viewChoice()),
      element(
        'div',
        { class: 'sessions-scroll' },
        this.#problem,
        element(
          'div',
          { class: 'calendar-head' },
          this.#shownWindow,
          element('div', { class: 'calendar-steps' }, iconButton('left', 'Earlier', () => this.#step(-1)), iconButton('right', 'Later', () => this.#step(1))),
        ),
        this.#calendar.node,
        this.#form(),
        element('div', { class: 'reservations-head' }, element('h2', {}, 'Yours'), element('label', { class: 'check', for: 'show-ended' }, this.#endedToggle, 'Ended ones too')),
        this.#table,
        this.#none,
      ),
    );
    this.#refresh = new Refresh(api, this.node, this.#problem, REFRESH_MILLIS, () => this.#read());
    setInterval(() => this.#tick(), 1000);
  }

  set visible(visible) {
    this.node.hidden = !visible;
    if (visible && this.#start.value === '') {
      const soon = Math.ceil((this.#api.nowSeconds() + 60) / 300) * 300;
      this.#fill(soon, soon + 3600);
    }
    this.#refresh.now();
  }

  // --- what is shown ---------------------------------------------------------------------------

  async #read() {
    if (this.#models.length === 0) {
      await this.#readModels();
    }
    const view = VIEWS[this.#view];
    const from = Math.floor(this.#api.nowSeconds() / view.snap) * view.snap + this.#ahead * view.length;
    this.#calendar.look(view, from);
    const [calendar, list] = await Promise.all([
      this.#api.calendar(this.#model, from, from + view.length, { background: true }),
      this.#api.reservations({ background: true }),
    ]);
    this.#show(calendar, list.data.map(read), from);
  }

  async #readModels() {
    const { data } = await this.#api.models();
    this.#models = data.map((model) => model.id);
    this.#modelChoice.replaceChildren(...this.#models.map((id) => element('option', { value: id }, id)));
    this.#model = this.#models[0] ?? null;
  }

  #show(calendar, all, from) {
    setText(this.#shownWindow, windowText(from, this.#calendar.until));
    this.#sessions.max = String(Math.max(1, calendar.capacity));
    this.#calendar.show(calendar, all.filter((one) => one.model === calendar.model && LIVE.has(one.status)));
    this.#mark();
    const shown = all.filter((one) => this.#endedToggle.checked || LIVE.has(one.status));
    const wanted = new Set(shown.map((one) => one.id));
    for (const [id, row] of this.#rows) {
      if (!wanted.has(id)) {
        row.node.remove();
        this.#rows.delete(id);
      }
    }
    shown.forEach((one, index) => {
      if (!this.#rows.has(one.id)) {
        this.#rows.set(one.id, new ReservationRow(one.id, () => void this.#confirm(one.id), () => void this.#release(one.id)));
      }
      const row = this.#rows.get(one.id);
      row.show(one);
      if (this.#body.children[index] !== row.node) {
        this.#body.insertBefore(row.node, this.#body.children[index] ?? null);
      }
    });
    this.#table.hidden = shown.length === 0;
    this.#none.hidden = shown.length > 0;
    this.#tick();
  }

  #tick() {
    if (!this.node.hidden) {
      const now = this.#api.nowSeconds();
      for (const row of this.#rows.values()) {
        row.tick(now);
      }
    }
  }

  #step(direction) {
    this.#ahead = Math.max(0, this.#ahead + direction);
    this.#refresh.now();
  }

  #chooseModel() {
    this.#model = this.#modelChoice.value;
    this.#refresh.now();
  }

  // --- booking ---------------------------------------------------------------------------------

  #propose(start, end) {
    this.#fill(start, end);
    this.#say('note', `${windowText(start, end)} is chosen: say how many sessions, and hold it.`);
    this.#sessions.focus();
    this.#sessions.select();
  }

  #fill(start, end) {
    show(this.#start, start);
    show(this.#end, end);
    this.#mark();
  }

  #mark() {
    this.#calendar.select(seconds(this.#start), seconds(this.#end));
  }

  async #hold(event) {
    event.preventDefault();
    this.#submit.disabled = true;
    try {
      const held = read(await this.#api.hold(this.#wanted()));
      this.#name.value = '';
      const text = `${held.id} is held for ${integer(held.sessions)} sessions, ${windowText(held.start, held.end)}. Confirm it before it expires.`;
      this.#say('good', text, element('button', { type: 'button', class: 'button small', onclick: () => void this.#confirm(held.id) }, icon('check'), 'Confirm'));
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#submit.disabled = false;
      this.#refresh.now();
    }
  }

  #wanted() {
    const now = this.#api.nowSeconds();
    const start = seconds(this.#start);
    // Whoever chose this minute means now, though some seconds of it have passed.
    const begun = start < now && start > now - COUNTS_AS_NOW_SECONDS;
    return {
      ...(this.#model ? { model: this.#model } : {}),
      start: new Date((begun ? now : start) * 1000).toISOString(),
      end: new Date(seconds(this.#end) * 1000).toISOString(),
      sessions: this.#sessions.valueAsNumber,
      ...(this.#name.value.trim() ? { id: this.#name.value.trim() } : {}),
    };
  }

  #refused(error) {
    if (!error.earliestStart) {
      this.#say('bad', error.message);
      return;
    }
    const start = Date.parse(error.earliestStart) / 1000;
    const end = start + seconds(this.#end) - seconds(this.#start);
    this.#say(
      'bad',
      `Others have reserved that. The same length fits from ${windowText(start, end)}.`,
      element('button', { type: 'button', class: 'button small', onclick: () => this.#take(start, end) }, 'Take that'),
    );
  }

  #take(start, end) {
    this.#fill(start, end);
    this.#submit.form.requestSubmit();
  }

  async #confirm(id) {
    await this.#change(() => this.#api.confirmReservation(id), (one) => `${one.id} is confirmed: ${windowText(one.start, one.end)}.`);
  }

  async #release(id) {
    await this.#change(() => this.#api.releaseReservation(id), (one) => `${one.id} is ${one.status}; its room is free again.`);
  }

  async #change(step, words) {
    try {
      this.#say('good', words(read(await step())));
    } catch (error) {
      this.#refused(error);
    }
    this.#refresh.now();
  }

  #say(kind, text, action = null) {
    this.#answer.dataset.kind = kind;
    this.#answer.replaceChildren(element('p', {}, text), ...(action ? [action] : []));
  }

  #form() {
    return element(
      'form',
      { class: 'reserve-form', 'aria-label': 'Reserve', onsubmit: (event) => void this.#hold(event) },
      field('Model', this.#modelChoice),
      field('From', this.#start),
      field('Until', this.#end),
      field('Sessions at once', this.#sessions),
      field('Name', this.#name),
      this.#submit,
      this.#answer,
    );
  }

  #viewChoice() {
    return element(
      'fieldset',
      { class: 'segmented' },
      element('legend', { class: 'visually-hidden' }, 'How much time is shown'),
      ...Object.keys(VIEWS).map((view) =>
        element(
          'label',
          {},
          element('input', {
            type: 'radio',
            name: 'view',
            value: view,
            checked: view === this.#view,
            onchange: () => {
              this.#view = view;
              this.#ahead = 0;
              this.#refresh.now();
            },
          }),
          element('span', {}, view),
        ),
      ),
    );
  }
}

/** One reservation's row; it is kept and changed in place. */
class ReservationRow {
  #one;
  #window = element('td', { dataset: { label: 'Window', field: 'window' } });
  #sessions = element('td', { dataset: { label: 'Sessions', field: 'sessions' } });
  #status = badge('status', 'held');
  #missing = element('span', { class: 'missing', dataset: { field: 'missing' } });
  #left = element('span', { dataset: { field: 'left' } });
  #fuse = element('span', { class: 'fuse' });
  #confirm;
  #release;

  constructor(id, onConfirm, onRelease) {
    this.#confirm = element('button', { type: 'button', class: 'button small', onclick: onConfirm }, 'Confirm');
    this.#release = iconButton('trash', `Release reservation ${id}`, onRelease, { class: 'icon-button danger' });
    this.node = element(
      'tr',
      { dataset: { id } },
      element('th', { scope: 'row' }, element('code', { class: 'row-id', title: id }, shortId(id))),
      this.#window,
      this.#sessions,
      element('td', { dataset: { label: 'Status' } }, element('span', { class: 'badges' }, this.#status), this.#missing),
      element('td', { class: 'expires-cell', dataset: { label: 'Time' } }, this.#left, this.#fuse),
      element('td', { class: 'row-actions' }, element('span', { class: 'row-buttons' }, this.#confirm, this.#release)),
    );
  }

  show(one) {
    this.#one = one;
    setText(this.#window, windowText(one.start, one.end));
    setText(this.#sessions, one.using > 0 ? `${integer(one.using)} of ${integer(one.sessions)} in use` : integer(one.sessions));
    setBadge(this.#status, 'status', one.status.replace('_', ' '));
    this.#status.dataset.status = one.status;
    setText(this.#missing, one.missing > 0 ? `${integer(one.missing)} short: the pool became smaller` : '');
    this.#confirm.hidden = one.status !== 'held';
    this.#release.hidden = !LIVE.has(one.status);
    this.#fuse.hidden = one.status !== 'held';
  }

  tick(now) {
    const left = this.#one.statusEnds - now;
    setText(this.#left, this.#leftWords(left, this.#one.start - now));
    const whole = Math.max(1, this.#one.statusEnds - this.#one.created);
    this.#fuse.style.setProperty('--part', String(Math.min(1, Math.max(0, left / whole))));
  }

  #leftWords(left, untilStart) {
    switch (this.#one.status) {
      case 'held':
        return `${countdown(left)} to confirm`;
      case 'confirmed':
        return untilStart > 0 ? `begins in ${countdown(untilStart)}` : `${countdown(left)} for the first use`;
      case 'active':
        return `${countdown(left)} left`;
      default:
        return `ended ${span(-left)} ago`;
    }
  }
}

/** A reservation of the API, with its times in Unix seconds. */
function read(reservation) {
  const at = (name) => Date.parse(reservation[name]) / 1000;
  return {
    id: reservation.reservation_id,
    model: reservation.model,
    status: reservation.status,
    start: at('start'),
    end: at('end'),
    sessions: reservation.sessions,
    created: at('created_at'),
    statusEnds: at('status_ends_at'),
    missing: reservation.missing_sessions,
    using: reservation.using_sessions,
  };
}

/** A field for a moment in this place's time. */
function moment(id, onchange) {
  return element('input', { id, type: 'datetime-local', required: true, oninput: onchange });
}

function field(label, control) {
  return element('div', { class: 'reserve-field' }, element('label', { for: control.id }, label), control);
}

/** The Unix seconds that a field names; NaN while it names none. */
function seconds(input) {
  return new Date(input.value).getTime() / 1000;
}

/** Shows a moment in its field, with seconds only where it has some. */
function show(input, at) {
  const date = new Date(at * 1000);
  const two = (number) => String(number).padStart(2, '0');
  const rest = date.getSeconds();
  input.step = rest === 0 ? '60' : '1';
  input.value = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}${rest === 0 ? '' : `:${two(rest)}`}`;
}
