import { element, setText } from './dom.js';
import { FanChart } from './fan-chart.js';
import { bytes, integer, millis, percent, rate, span } from './format.js';
import { Refresh } from './refresh.js';

const REFRESH_MILLIS = 2000;
const SHOWN_REFUSALS = 8;
const SHOWN_HINTS = 6;

const TITLES = {
  in_flight_requests: 'Requests in flight',
  in_flight_tokens: 'Tokens in flight',
  queue_length: 'Waiting in the engine',
  kv_used_tokens: 'KV memory',
  step_millis: 'Time of a step',
  arrivals_per_second: 'Arrivals',
  uncached_input_tokens_per_second: 'Prompt tokens computed',
  ttft_millis: 'Time to first text',
  time_per_output_token_millis: 'Time per token',
  completions_per_second: 'Answers completed',
  live_sessions: 'Live sessions',
  reservations_due: 'Reservations due',
  host_cpu: 'Processor of the machine',
  host_memory: 'Memory of the machine',
  host_network_bytes_per_second: 'Network of the machine',
};

const THRESHOLDS = {
  limit: 'Limit',
  pressed: 'Pressed',
  quota_critical: 'Critical',
  quota_standard: 'Standard',
  quota_sheddable: 'Sheddable',
};

const HINT_OUTCOMES = {
  pending: 'its time has not come',
  came_true: 'came true',
  broken: 'did not come true',
  unused: 'nobody came for it',
};

/** The page of what the load is, what it will be, and what follows from it. */
export class LoadPage {
  #api;
  #refresh;
  #load = null;
  #horizon = 60;
  #cards = new Map();
  #pools = new Map();
  #problem = element('div', { class: 'problem' });
  #poolList = element('div', { class: 'load-pools' });
  #grid = element('div', { class: 'signals' });
  #refusals = new RefusalList();
  #sensors = element('p', { class: 'fine', role: 'status', dataset: { field: 'sensors' } });

  constructor({ api, menuButton }) {
    this.#api = api;
    this.node = element(
      'section',
      { class: 'page load-page', 'aria-label': 'Load' },
      element('header', { class: 'page-head' }, menuButton, element('h1', { tabindex: '-1' }, 'Load'), this.#horizonSwitch()),
      element('div', { class: 'load-scroll' }, this.#problem, this.#poolList, legend(), this.#grid, this.#refusals.node, this.#sensors),
    );
    this.#refresh = new Refresh(api, this.node, this.#problem, REFRESH_MILLIS, () => this.#read());
  }

  set visible(visible) {
    this.node.hidden = !visible;
    this.#refresh.now();
  }

  async #read() {
    this.#load = await this.#api.load({ background: true });
    this.#render();
  }

  #render() {
    for (const pool of this.#load.pools) {
      if (!this.#pools.has(pool.model)) {
        this.#pools.set(pool.model, new PoolCard());
        this.#poolList.append(this.#pools.get(pool.model).node);
      }
      this.#pools.get(pool.model).show(pool);
    }
    const several = this.#load.pools.length > 1;
    for (const signal of this.#load.signals) {
      const key = `${signal.place}/${signal.signal}`;
      if (!this.#cards.has(key)) {
        this.#cards.set(key, new SignalCard(signal, several));
        this.#grid.append(this.#cards.get(key).node);
      }
      this.#cards.get(key).show(signal, this.#horizon, this.#load.point_seconds);
    }
    this.#refusals.show(this.#load.refusals, this.#load.at);
    const ill = this.#load.sensors.filter((sensor) => sensor.state !== 'fine');
    setText(
      this.#sensors,
      ill.length === 0
        ? `All ${integer(this.#load.sensors.length)} sensors answer.`
        : ill.map((sensor) => `The sensor “${sensor.sensor}” is ${sensor.state}: ${sensor.problem}.`).join(' '),
    );
    this.#sensors.dataset.state = ill.length === 0 ? 'fine' : 'ill';
  }

  /** Which past forecasts stand behind what came, and which one is told in words. */
  #horizonSwitch() {
    return element(
      'fieldset',
      { class: 'segmented' },
      element('legend', { class: 'visually-hidden' }, 'Horizon of the forecasts'),
      ...[
        [30, '30 s'],
        [60, '60 s'],
        [120, '120 s'],
      ].map(([seconds, label]) =>
        element(
          'label',
          {},
          element('input', {
            type: 'radio',
            name: 'horizon',
            value: seconds,
            checked: seconds === this.#horizon,
            onchange: () => {
              this.#horizon = seconds;
              if (this.#load) {
                this.#render();
              }
            },
          }),
          element('span', {}, label),
        ),
      ),
    );
  }
}

/** What a model's engine can bear, each value with its reason. */
class PoolCard {
  #name = element('h2');
  #capacity = element('p', { class: 'fine', dataset: { field: 'capacity' } });
  #list = element('dl', { class: 'thresholds' });
  #rows = new Map();
  #admission = new AdmissionPart();

  constructor() {
    this.node = element('section', { class: 'load-pool' }, this.#name, this.#capacity, this.#list, this.#admission.node);
  }

  show(pool) {
    setText(this.#name, pool.model);
    setText(this.#capacity, pool.capacity.explanation);
    this.#admission.show(pool.admission);
    for (const threshold of pool.thresholds) {
      if (!this.#rows.has(threshold.name)) {
        const row = {
          value: element('dd', { class: 'threshold-value' }),
          reason: element('dd', { class: 'fine' }),
        };
        row.node = element(
          'div',
          { dataset: { threshold: threshold.name } },
          element('dt', {}, THRESHOLDS[threshold.name] ?? threshold.name),
          row.value,
          row.reason,
        );
        this.#rows.set(threshold.name, row);
        this.#list.append(row.node);
      }
      const row = this.#rows.get(threshold.name);
      const switched = threshold.name === 'pressed';
      setText(row.value, switched ? (threshold.value > 0 ? 'yes' : 'no') : rate(threshold.value));
      setText(row.reason, threshold.explanation);
      if (switched) {
        row.node.dataset.state = threshold.value > 0 ? 'pressed' : 'calm';
      }
    }
  }
}

/** Who gets in now, and whether those who were sent away were told the truth. */
class AdmissionPart {
  #now = element('p', { class: 'fine', dataset: { field: 'admission' } });
  #hints = element('p', { class: 'fine', dataset: { field: 'hints' } });
  #list = element('ol', { class: 'refusals hints' });

  constructor() {
    this.node = element('div', { class: 'admission' }, this.#now, this.#hints, this.#list);
  }

  show(admission) {
    this.node.hidden = admission === null;
    if (admission === null) {
      return;
    }
    setText(
      this.#now,
      `${integer(admission.busy_slots)} of ${integer(admission.slots)} slots are taken, each for ${rate(admission.service_seconds)} s on average; ` +
        `${integer(admission.waiting)} wait here, ${integer(admission.tickets)} have a ticket; ${integer(admission.admitted)} were let in since the start.`,
    );
    setText(this.#hints, `${tried(admission.come_back, 'with a ticket')} ${tried(admission.too_far_off, 'beyond the horizon')}`.trim());
    this.#list.replaceChildren(
      ...admission.latest_hints.slice(0, SHOWN_HINTS).map((hint) =>
        element(
          'li',
          { dataset: { outcome: hint.outcome } },
          element('span', { class: 'outcome' }, HINT_OUTCOMES[hint.outcome]),
          element('span', {}, `told to come back in ${rate(hint.retry_after_seconds).replace(/\.0$/, '')} s${hint.place_kept ? ', place kept' : ''}`),
          element('span', { class: 'total-of' }, `${span(hint.age_seconds)} ago`),
        ),
      ),
    );
  }
}

/** In words how many hints of a kind came true. */
function tried(tally, kind) {
  if (tally.given === 0) {
    return '';
  }
  const known = tally.came_true + tally.broken;
  const truth = known === 0 ? 'none has been tried yet' : `${percent(tally.came_true, known)} of ${integer(known)} tried ones came true`;
  return `${integer(tally.given)} hints ${kind}: ${truth}.`;
}

/** One signal: its value, its chart, and the forecast in words. */
class SignalCard {
  #value = element('strong', { dataset: { field: 'value' } });
  #bound = element('span', { class: 'total-of', dataset: { field: 'capacity' } });
  #chart = new FanChart();
  #scale = element('span', { class: 'scale' });
  #words = element('p', { class: 'fine', dataset: { field: 'forecast' } });

  constructor(signal, several) {
    this.node = element(
      'article',
      { class: 'signal', dataset: { signal: signal.signal, place: signal.place } },
      element(
        'header',
        {},
        element('h3', { title: signal.meaning }, TITLES[signal.signal] ?? signal.signal, several && signal.place !== 'host' ? element('span', { class: 'total-of' }, ` ${signal.place}`) : null),
        element('p', {}, this.#value, this.#bound),
      ),
      element('div', { class: 'chart' }, this.#chart.node, this.#scale),
      this.#words,
    );
  }

  show(signal, horizonSeconds, pointSeconds) {
    const told = (value) => amount(value, signal.unit);
    const forecast = signal.forecasts.find((one) => one.horizon_seconds === horizonSeconds);
    setText(this.#value, signal.value === null ? 'unknown' : told(signal.value));
    this.node.dataset.state = signal.value === null ? 'unknown' : 'known';
    setText(this.#bound, signal.capacity === null ? '' : `of ${told(signal.capacity)}`);
    this.#bound.title = signal.capacity_meaning ?? '';
    const words = inWords(signal, forecast, told);
    setText(this.#words, words);
    const top = this.#chart.show(signal, horizonSeconds, pointSeconds, `${TITLES[signal.signal] ?? signal.signal}: ${words}`);
    setText(this.#scale, told(top));
  }
}

/** Who was told to come back later, and when. */
class RefusalList {
  #count = element('p', { class: 'fine', dataset: { field: 'refused' } });
  #list = element('ol', { class: 'refusals' });

  constructor() {
    this.node = element('section', { class: 'load-pool' }, element('h2', {}, 'Refused'), this.#count, this.#list);
  }

  show(refusals, at) {
    setText(this.#count, refusals.total === 0 ? 'Nobody was told to come back later.' : `${integer(refusals.total)} since the start; the latest:`);
    this.#list.replaceChildren(
      ...refusals.latest.slice(0, SHOWN_REFUSALS).map((refused) =>
        element(
          'li',
          {},
          element('span', {}, refused.reason.replaceAll('_', ' ')),
          element('span', {}, `told to come back in ${rate(refused.retry_after_seconds).replace(/\.0$/, '')} s`),
          element('span', { class: 'total-of' }, `${span(at - refused.at)} ago`),
        ),
      ),
    );
  }
}

function inWords(signal, forecast, told) {
  if (signal.value === null) {
    return signal.read_at === null ? 'Nothing was read yet.' : `The newest reading is older than ${signal.shelf_life_seconds} s, and so says nothing of now.`;
  }
  if (forecast.p50 === null) {
    return 'Five seconds more, and there is a forecast.';
  }
  const parts = [`In ${forecast.horizon_seconds} s about ${told(forecast.p50)}, in nine of ten cases at most ${told(forecast.p90)}`];
  if (forecast.chance_above_capacity !== null) {
    parts.push(`above the capacity before then: ${percent(forecast.chance_above_capacity, 1)}`);
  }
  const skill = forecast.skill;
  if (skill !== null && skill.wape_percent !== null) {
    const floor = skill.floor_wape_percent === null ? '' : `, the floor ${rate(skill.floor_wape_percent)}%`;
    parts.push(`error of late ${rate(skill.wape_percent)}%${floor}`);
  }
  return `${parts.join('; ')}.`;
}

/** A value with its unit, as people say it. */
function amount(value, unit) {
  switch (unit) {
    case 'share':
      return percent(value, 1);
    case 'ms':
      return millis(value);
    case 'bytes/s':
      return `${bytes(value)}/s`;
    case 'requests':
    case 'sessions':
    case 'tokens':
      return Number.isInteger(value) || value >= 100 ? integer(value) : rate(value);
    default:
      return `${rate(value)} ${unit.replace(/^.*\//, '/ ')}`;
  }
}

function legend() {
  return element(
    'p',
    { class: 'fine load-legend', 'aria-hidden': 'true' },
    element('span', { class: 'key came' }, 'what came'),
    element('span', { class: 'key said' }, 'what was said of it then, P50 to P90'),
    element('span', { class: 'key fan' }, 'what is foreseen now'),
    element('span', { class: 'key capacity' }, 'capacity'),
    element('span', {}, 'ten minutes back, two ahead'),
  );
}
