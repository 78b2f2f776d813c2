import { element } from './dom.js';
import { integer, millis, shortId, span } from './format.js';

const STAGES = ['mark', 'compute', 'kv', 'transcript', 'deregister'];

/** The latest receipts: which sessions were destroyed, why, stage by stage, and what was left. */
export class ReceiptLog {
  #body = element('tbody');
  #shown = '';

  constructor() {
    this.node = element(
      'section',
      { class: 'receipts', 'aria-label': 'Receipts', hidden: true },
      element('h2', {}, 'Receipts'),
      element(
        'table',
        { class: 'receipt-log' },
        element('caption', { class: 'visually-hidden' }, 'The latest destructions of sessions, newest first'),
        element(
          'thead',
          {},
          element('tr', {}, ...['Session', 'When', 'Reason', ...STAGES, 'KV tokens left'].map((name) => element('th', { scope: 'col' }, name))),
        ),
        this.#body,
      ),
    );
  }

  show(receipts, nowSeconds) {
    this.node.hidden = receipts.length === 0;
    const signature = receipts.map((receipt) => receipt.session_id).join();
    if (signature === this.#shown) {
      for (const [index, receipt] of receipts.entries()) {
        this.#body.rows[index].cells[1].textContent = ago(receipt, nowSeconds);
      }
      return;
    }
    this.#shown = signature;
    this.#body.replaceChildren(...receipts.map((receipt) => row(receipt, nowSeconds)));
  }
}

function row(receipt, nowSeconds) {
  const left = receipt.residue.kv_tokens;
  return element(
    'tr',
    { dataset: { receipt: receipt.session_id } },
    element('th', { scope: 'row' }, element('code', { title: receipt.session_id }, shortId(receipt.session_id))),
    element('td', {}, ago(receipt, nowSeconds)),
    element('td', { dataset: { field: 'reason' } }, receipt.reason),
    ...STAGES.map((name) => {
      const stage = receipt.stages.find((each) => each.stage === name);
      return stage
        ? element('td', { class: 'receipt-stage', dataset: { stage: name, outcome: stage.outcome }, title: stage.outcome }, stage.outcome === 'applied' ? millis(stage.millis) : stage.outcome)
        : element('td', { dataset: { stage: name } }, '–');
    }),
    element('td', { dataset: { field: 'residue', clean: String(left === 0) } }, left === null ? 'unknown' : integer(left)),
  );
}

function ago(receipt, nowSeconds) {
  return `${span(nowSeconds - receipt.started_at)} ago`;
}
