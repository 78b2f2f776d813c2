import { element } from './dom.js';
import { integer, millis, shortId, span } from './format.js';

const STAGES = ['mark', 'compute', 'kv', 'transcript', 'hooks', 'deregister', 'verify'];

/** The latest receipts: whose state went, and the session too or not, why, stage by stage, and what was left. */
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
        element('caption', { class: 'visually-hidden' }, 'The latest destructions of sessions and releases of their KV state, newest first'),
        element(
          'thead',
          {},
          element('tr', {}, ...['Session', 'When', 'Reason', ...STAGES, 'KV tokens left', 'Text'].map((name) => element('th', { scope: 'col' }, name))),
        ),
        this.#body,
      ),
    );
  }

  show(receipts, nowSeconds) {
    this.node.hidden = receipts.length === 0;
    const signature = receipts.map((receipt) => [receipt.session_id, receipt.started_at, receipt.residue.text]).join();
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
    element('td', { dataset: { field: 'text' } }, text(receipt)),
  );
}

/** A release leaves the transcript as it is. */
function text(receipt) {
  if (!receipt.stages.some((stage) => stage.stage === 'transcript')) {
    return 'kept';
  }
  return receipt.residue.text ? 'in the log' : 'gone';
}

function ago(receipt, nowSeconds) {
  return `${span(nowSeconds - receipt.started_at)} ago`;
}
