import { drawing } from './dom.js';

const WIDTH = 600;
const HEIGHT = 128;
const TOP = 8;
const BOTTOM = 112;
const AHEAD_SECONDS = 120;
/** A bound that is higher than so many times what came leaves the picture. */
const FARTHEST = 2.5;

/**
 * A signal's last ten minutes, what had been foreseen of them, and the fan of what is foreseen now.
 *
 * Behind the line of what came lies the band that was said one horizon before, P50 to P90: where the
 * line is inside it, the forecast held.
 */
export class FanChart {
  #said = drawing('path', { class: 'said' });
  #saidMiddle = drawing('path', { class: 'said-middle' });
  #fan = drawing('path', { class: 'fan' });
  #fanMiddle = drawing('path', { class: 'fan-middle' });
  #came = drawing('path', { class: 'came' });
  #capacity = drawing('path', { class: 'capacity' });
  #now = drawing('path', { class: 'now' });
  #marks = drawing('g', { class: 'marks' });

  constructor() {
    this.node = drawing(
      'svg',
      { class: 'fan-chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', preserveAspectRatio: 'none' },
      this.#said,
      this.#saidMiddle,
      this.#fan,
      this.#capacity,
      this.#now,
      this.#fanMiddle,
      this.#came,
      this.#marks,
    );
  }

  /**
   * @param signal as `GET /v1/load` tells it
   * @param horizonSeconds whose past forecasts are shown
   */
  show(signal, horizonSeconds, pointSeconds, label) {
    this.node.setAttribute('aria-label', label);
    const pastSeconds = signal.history.length * pointSeconds;
    const x = (seconds) => (WIDTH * (seconds + pastSeconds)) / (pastSeconds + AHEAD_SECONDS);
    const atPoint = (index) => x((index + 1) * pointSeconds - pastSeconds);
    const past = signal.forecasts.find((forecast) => forecast.horizon_seconds === horizonSeconds);
    const fan = signal.value === null ? [] : signal.forecasts.filter((forecast) => forecast.p90 !== null);
    const top = highest(signal, past, fan);
    const y = (value) => BOTTOM - ((BOTTOM - TOP) * value) / top;

    const points = (values) => values.map((value, index) => (value === null ? null : [atPoint(index), y(value)]));
    this.#came.setAttribute('d', line(points(signal.history)));
    const p50 = points(past.past_p50);
    const p90 = points(past.past_p90);
    this.#said.setAttribute('d', band(p50, p90));
    this.#saidMiddle.setAttribute('d', line(p50));

    const start = signal.value === null ? null : [x(0), y(signal.value)];
    const middle = fan.map((forecast) => [x(forecast.horizon_seconds), y(forecast.p50)]);
    const upper = fan.map((forecast) => [x(forecast.horizon_seconds), y(forecast.p90)]);
    this.#fan.setAttribute('d', fan.length > 0 ? band([start, ...middle], [start, ...upper]) : '');
    this.#fanMiddle.setAttribute('d', fan.length > 0 ? line([start, ...middle]) : '');
    this.#now.setAttribute('d', `M${x(0)} ${TOP - 4}V${BOTTOM}`);
    const bound = signal.capacity;
    this.#capacity.setAttribute('d', bound !== null && bound <= top ? `M0 ${y(bound)}H${WIDTH}` : '');
    this.#marks.replaceChildren(
      drawing('path', { d: `M0 ${BOTTOM}H${WIDTH}` }),
      ...[-480, -360, -240, -120].map((seconds) => drawing('path', { d: `M${x(seconds)} ${BOTTOM}v4` })),
    );
    return top;
  }
}

/**
 * The top of the scale: all that came, the bounds that were and are foreseen unless they are far
 * above it, and the capacity where it is near.
 */
function highest(signal, past, fan) {
  const known = (values) => values.filter((value) => value !== null);
  const came = Math.max(0, ...known(signal.history), signal.value ?? 0);
  const foreseen = Math.max(0, ...known(past.past_p90), ...fan.map((forecast) => forecast.p90));
  const most = came > 0 ? Math.min(Math.max(came, foreseen), FARTHEST * came) : foreseen;
  const bound = signal.capacity !== null && signal.capacity <= FARTHEST * most ? signal.capacity : 0;
  const wanted = Math.max(most, bound) * 1.05;
  return wanted > 0 ? wanted : 1;
}

/** A line through what is known; a gap where nothing is. */
function line(points) {
  let path = '';
  let open = false;
  for (const point of points) {
    if (point === null) {
      open = false;
    } else {
      path += `${open ? 'L' : 'M'}${round(point[0])} ${round(point[1])}`;
      open = true;
    }
  }
  return path;
}

/** The area between two lines, in as many pieces as there are gaps. */
function band(lower, upper) {
  let path = '';
  let piece = [];
  const close = () => {
    if (piece.length > 1) {
      const there = piece.map(([low]) => low);
      const back = piece.map(([, high]) => high).reverse();
      path += `M${[...there, ...back].map((point) => `${round(point[0])} ${round(point[1])}`).join('L')}z`;
    }
    piece = [];
  };
  lower.forEach((low, index) => {
    if (low === null || upper[index] === null) {
      close();
    } else {
      piece.push([low, upper[index]]);
    }
  });
  close();
  return path;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
