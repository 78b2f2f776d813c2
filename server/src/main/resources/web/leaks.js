import { element, setText } from './dom.js';
import { integer, span } from './format.js';

/** The leak guard: what had to be taken back of what was to be given back, as of the latest sweep. */
export class LeakGuard {
  #rate = element('strong', { dataset: { field: 'leak-rate' } });
  #found = element('span', { dataset: { field: 'sweep' } });

  constructor() {
    this.node = element(
      'section',
      { class: 'leaks', 'aria-label': 'Leak guard', hidden: true },
      element('h2', {}, 'Leak guard'),
      element('p', {}, this.#rate, this.#found),
    );
  }

  show(sweep, nowSeconds) {
    this.node.hidden = sweep === null;
    if (sweep === null) {
      return;
    }
    setText(this.#rate, `leak rate ${share(sweep.leak_rate)}`);
    this.#rate.dataset.clean = String(sweep.leak_rate === 0);
    setText(this.#found, `swept ${span(nowSeconds - sweep.at)} ago: ${found(sweep).join(', ')}`);
  }
}

function found(sweep) {
  const parts = [`${integer(sweep.expired)} expired`];
  if (sweep.put_off > 0) {
    parts.push(`${integer(sweep.put_off)} put off`);
  }
  parts.push(`${integer(sweep.orphans)} ${sweep.orphans === 1 ? 'orphan' : 'orphans'}`);
  parts.push(`${integer(sweep.lost_leases)} lost ${sweep.lost_leases === 1 ? 'lease' : 'leases'}`);
  if (sweep.failures > 0) {
    parts.push(`${integer(sweep.failures)} ${sweep.failures === 1 ? 'failure' : 'failures'}`);
  }
  return parts;
}

/** Never 0% for something, nor 100% for not everything. */
function share(rate) {
  const whole = 100 * rate;
  if (whole === 0 || whole >= 1) {
    return `${Math.floor(whole)}%`;
  }
  return `${Math.max(0.1, whole).toFixed(1)}%`;
}
