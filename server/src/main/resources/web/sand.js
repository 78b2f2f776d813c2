import { drawing } from './dom.js';

const GLASS =
  'M11.5 8v7.5c0 8.5 10.7 10.3 10.7 16.5S11.5 40 11.5 48.5V56h25v-7.5c0-8.5-10.7-10.3-10.7-16.5S36.5 24 36.5 15.5V8z';
const UPPER_TOP = 13;
const WAIST = 32;
const LOWER_BOTTOM = 55;
const LOWER_HEIGHT = 17;

let count = 0;

/** An hourglass whose sand shows what is left of a time. */
export class SandClock {
  #upper;
  #lower;

  constructor(cssClass) {
    count += 1;
    const clip = `glass-${count}`;
    this.#upper = drawing('path', { class: 'sand' });
    this.#lower = drawing('path', { class: 'sand' });
    this.node = drawing(
      'svg',
      { class: `sand-clock ${cssClass}`, viewBox: '0 0 48 64', 'aria-hidden': 'true', focusable: 'false' },
      drawing('clipPath', { id: clip }, drawing('path', { d: GLASS })),
      drawing('path', { class: 'glass', d: GLASS }),
      drawing(
        'g',
        { 'clip-path': `url(#${clip})` },
        this.#upper,
        this.#lower,
        drawing('path', { class: 'stream', d: `M24 ${WAIST - 3}V${LOWER_BOTTOM}` }),
      ),
      drawing('path', { class: 'outline', d: GLASS }),
      drawing('path', { class: 'frame', d: 'M7 7.5h34M7 56.5h34' }),
    );
    this.show(1);
  }

  /** @param left the part of the time that is left, 0 to 1 */
  show(left) {
    const part = Math.min(1, Math.max(0, left));
    const top = WAIST - (WAIST - UPPER_TOP) * Math.sqrt(part);
    const heap = LOWER_BOTTOM - LOWER_HEIGHT * Math.sqrt(1 - part);
    const dip = part > 0 && part < 1 ? 2 : 0;
    this.#upper.setAttribute('d', `M8 ${top}Q24 ${top + dip} 40 ${top}V${WAIST + 1}H8z`);
    this.#lower.setAttribute('d', part < 1 ? `M8 57V${Math.min(57, heap + 5)}Q24 ${heap - 3} 40 ${Math.min(57, heap + 5)}V57z` : '');
  }
}
