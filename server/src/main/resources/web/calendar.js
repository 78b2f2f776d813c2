import { element, setText } from './dom.js';
import { integer } from './format.js';

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const DRAG_PIXELS = 4;

/** What one view of the calendar shows, and how finely a window can be drawn on it; in seconds. */
export const VIEWS = {
  '6 h': { length: 6 * 3600, snap: 300, tick: 3600 },
  '24 h': { length: 24 * 3600, snap: 900, tick: 3 * 3600 },
  '7 d': { length: 7 * 86_400, snap: 3600, tick: 86_400 },
};

/** A moment as a person of this place reads it. */
export function clock(seconds) {
  return TIME.format(seconds * 1000);
}

/** A window in as few words as tell it: the day once, unless it ends on another. */
export function windowText(start, end) {
  const [first, last] = [DAY.format(start * 1000), DAY.format(end * 1000)];
  return first === last ? `${first}, ${clock(start)}–${clock(end)}` : `${first}, ${clock(start)} – ${last}, ${clock(end)}`;
}

/**
 * The calendar of a pool: how much of it is reserved, as a skyline, above one's own reservations.
 *
 * A window is chosen by dragging over it; whoever cannot drag has the form beside it.
 */
export class PoolCalendar {
  #onWindow;
  #view = VIEWS['24 h'];
  #from = 0;
  #now = 0;
  #capacity = 0;
  #plot = element('div', { class: 'calendar-plot' });
  #skyline = element('div', { class: 'skyline', 'aria-hidden': 'true' });
  #ticks = element('div', { class: 'calendar-ticks', 'aria-hidden': 'true' });
  #nowLine = element('div', { class: 'calendar-now', 'aria-hidden': 'true' });
  #selection = element('div', { class: 'calendar-selection', hidden: true, 'aria-hidden': 'true' });
  #lanes = element('div', { class: 'calendar-lanes' });
  #top = element('span', { class: 'calendar-top', dataset: { field: 'capacity' } });
  #summary = element('p', { class: 'visually-hidden', dataset: { field: 'calendar-summary' } });
  #dragFrom = null;

  /** @param onWindow told start and end, in Unix seconds, when a window was drawn */
  constructor(onWindow) {
    this.#onWindow = onWindow;
    this.#plot.append(this.#skyline, this.#ticks, this.#nowLine, this.#selection, this.#top);
    this.node = element('div', { class: 'calendar' }, this.#summary, this.#plot, this.#lanes);
    this.#plot.title = 'Drag over a window to reserve it';
    this.#plot.addEventListener('pointerdown', (event) => this.#begin(event));
    this.#plot.addEventListener('pointermove', (event) => this.#move(event));
    this.#plot.addEventListener('pointerup', (event) => this.#end(event));
    this.#plot.addEventListener('pointercancel', () => this.#stop());
  }

  /** Shows a view that begins at a time. */
  look(view, from) {
    this.#view = view;
    this.#from = from;
  }

  get until() {
    return this.#from + this.#view.length;
  }

  /** Shows the answer of `GET /v1/calendar` and the caller's own reservations. */
  show(calendar, reservations) {
    this.#capacity = calendar.capacity;
    this.#now = Date.parse(calendar.now) / 1000;
    const stretches = calendar.reserved.map(({ start, end, sessions }) => ({
      start: Date.parse(start) / 1000,
      end: Date.parse(end) / 1000,
      sessions,
    }));
    this.#skyline.replaceChildren(...stretches.map((stretch) => this.#stretchNode(stretch)));
    this.#ticks.replaceChildren(...this.#tickNodes());
    this.#place(this.#nowLine, this.#now, this.#now);
    this.#nowLine.hidden = this.#now < this.#from || this.#now > this.until;
    setText(this.#top, `${integer(this.#capacity)} sessions`);
    const most = Math.max(0, ...stretches.map((stretch) => stretch.sessions));
    setText(this.#summary, `${windowText(this.#from, this.until)}: at most ${integer(most)} of ${integer(this.#capacity)} sessions are reserved at once.`);
    this.#lanes.replaceChildren(...lanes(reservations.filter((one) => one.end > this.#from && one.start < this.until)).map((lane) => element('div', { class: 'calendar-lane' }, ...lane.map((one) => this.#bookingNode(one)))));
  }

  /** Marks the window that the form names. */
  select(start, end) {
    const shown = Number.isFinite(start) && Number.isFinite(end) && end > start && end > this.#from && start < this.until;
    this.#selection.hidden = !shown;
    if (shown) {
      this.#place(this.#selection, start, end);
    }
  }

  #stretchNode({ start, end, sessions }) {
    const node = element('div', {
      class: 'stretch',
      dataset: { fill: sessions > this.#capacity ? 'over' : sessions === this.#capacity ? 'full' : 'part', sessions },
      title: `${windowText(start, end)}: ${integer(sessions)} of ${integer(this.#capacity)} sessions reserved`,
    });
    this.#place(node, start, end);
    node.style.setProperty('--level', String(Math.min(1, sessions / Math.max(1, this.#capacity))));
    return node;
  }

  #bookingNode(one) {
    const node = element(
      'div',
      { class: 'booking', dataset: { status: one.status, id: one.id }, title: `${one.id}: ${windowText(one.start, one.end)}, ${integer(one.sessions)} sessions, ${one.status}` },
      element('span', {}, `${one.id} · ${integer(one.sessions)}`),
    );
    this.#place(node, one.start, one.end);
    return node;
  }

  #tickNodes() {
    const nodes = [];
    const { tick } = this.#view;
    // Ticks stand at whole hours and days of this place, whatever its distance from Greenwich.
    const zone = new Date(this.#from * 1000).getTimezoneOffset() * 60;
    for (let at = Math.ceil((this.#from - zone) / tick) * tick + zone; at < this.until; at += tick) {
      const midnight = new Date(at * 1000).getHours() === 0;
      const node = element('span', { class: 'calendar-tick' }, element('span', {}, tick >= 86_400 || midnight ? DAY.format(at * 1000) : clock(at)));
      this.#place(node, at, at);
      nodes.push(node);
    }
    return nodes;
  }

  #place(node, start, end) {
    const part = (at) => Math.min(1, Math.max(0, (at - this.#from) / this.#view.length));
    node.style.setProperty('--start', String(part(start)));
    node.style.setProperty('--length', String(part(end) - part(start)));
  }

  #timeAt(event) {
    const box = this.#plot.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const { snap } = this.#view;
    return Math.round((this.#from + part * this.#view.length) / snap) * snap;
  }

  #begin(event) {
    if (event.button === 0) {
      this.#dragFrom = { time: this.#timeAt(event), x: event.clientX };
      this.#plot.setPointerCapture(event.pointerId);
    }
  }

  #move(event) {
    if (this.#dragFrom && Math.abs(event.clientX - this.#dragFrom.x) > DRAG_PIXELS) {
      this.select(...this.#drawn(event));
    }
  }

  #end(event) {
    const drag = this.#dragFrom;
    this.#dragFrom = null;
    if (drag && Math.abs(event.clientX - drag.x) > DRAG_PIXELS) {
      const [start, end] = this.#drawnFrom(drag.time, event);
      if (end > start) {
        this.#onWindow(start, end);
      }
    }
  }

  #stop() {
    this.#dragFrom = null;
  }

  #drawn(event) {
    return this.#drawnFrom(this.#dragFrom.time, event);
  }

  /** What is drawn left of now begins now: the past cannot be reserved. */
  #drawnFrom(time, event) {
    const other = this.#timeAt(event);
    const earliest = Math.ceil(this.#now / 60) * 60;
    return [Math.max(earliest, Math.min(time, other)), Math.max(earliest, time, other)];
  }
}

/** Reservations in as few lanes as keep them apart, each lane in the order of time. */
function lanes(reservations) {
  const rows = [];
  for (const one of [...reservations].sort((a, b) => a.start - b.start)) {
    const free = rows.find((row) => row.at(-1).end <= one.start);
    if (free) {
      free.push(one);
    } else {
      rows.push([one]);
    }
  }
  return rows;
}
