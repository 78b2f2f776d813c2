import { element, icon, iconButton } from './dom.js';
import { integer, millis, shortId } from './format.js';

/** Shows a modal dialog until it closes; resolves to its return value. */
function modal(dialog) {
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    dialog.showModal();
  });
}

/** Asks for an API key; resolves to `null` where none is given. */
export async function askForKey(reason, anotherWasRefused) {
  const input = element('input', {
    id: 'api-key',
    type: 'password',
    name: 'api-key',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    placeholder: 'sk-…',
  });
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'key-title', 'aria-describedby': 'key-text' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'key-title' }, icon('key'), anotherWasRefused ? 'Another API key is needed' : 'An API key is needed'),
      element('p', { id: 'key-text' }, reason),
      element('label', { for: 'api-key' }, 'API key'),
      input,
      element('p', { class: 'fine' }, 'Kept in this tab only, until it is closed.'),
      element(
        'div',
        { class: 'buttons' },
        element('button', { type: 'button', class: 'button quiet', onclick: () => dialog.close('') }, 'Not now'),
        element('button', { type: 'submit', class: 'button', value: 'use' }, 'Use this key'),
      ),
    ),
  );
  const choice = await modal(dialog);
  const key = input.value.trim();
  return choice === 'use' && key !== '' ? key : null;
}

const STAGES = {
  mark: 'no new requests',
  compute: 'running work ended',
  kv: 'KV memory cleared',
  transcript: 'transcript erased',
  deregister: 'id and token forgotten',
};

/**
 * Asks whether a session is to be destroyed, does it, and shows the receipt.
 *
 * @param destroy does it and resolves to the receipt
 * @returns whether the session is gone
 */
export async function destroyWithReceipt({ id, title, destroy }) {
  let gone = false;
  const body = element('div', { class: 'dialog-body', 'aria-live': 'polite' });
  const dialog = element('dialog', { class: 'dialog receipt-dialog', 'aria-labelledby': 'destroy-title' }, body);

  const confirm = element('button', { type: 'button', class: 'button danger', onclick: run }, 'Destroy');
  const cancel = element('button', { type: 'button', class: 'button quiet', autofocus: true, onclick: close }, 'Keep it');
  body.append(
    element('h2', { id: 'destroy-title' }, 'Destroy this session?'),
    element('p', { class: 'subject' }, title ? element('strong', {}, title) : null, element('code', {}, shortId(id))),
    element(
      'p',
      {},
      'Its running work is stopped, its KV memory is cleared, its transcript is erased, and its token opens nothing any more. This cannot be undone.',
    ),
    element('div', { class: 'buttons' }, cancel, confirm),
  );

  async function run() {
    confirm.disabled = true;
    cancel.disabled = true;
    confirm.textContent = 'Destroying…';
    try {
      const receipt = await destroy();
      gone = true;
      showReceipt(receipt);
    } catch (error) {
      gone = error.sessionEnded === true || error.status === 404;
      const text = gone ? 'This session had already ended.' : error.message;
      body.replaceChildren(
        element('h2', { id: 'destroy-title' }, gone ? 'Already gone' : 'Not destroyed'),
        element('p', { role: 'alert' }, text),
        closeButtons('Close'),
      );
    }
    body.querySelector('button')?.focus();
  }

  function showReceipt(receipt) {
    const longest = Math.max(...receipt.stages.map((stage) => stage.millis), 0.001);
    const total = receipt.stages.reduce((sum, stage) => sum + stage.millis, 0);
    const residue = receipt.residue?.kv_tokens ?? null;
    const failed = receipt.stages.some((stage) => stage.outcome === 'failed');
    body.replaceChildren(
      element('h2', { id: 'destroy-title' }, 'Destruction receipt'),
      element(
        'div',
        { class: `residue ${residue === null ? 'unknown' : residue === 0 && !failed ? 'clean' : 'dirty'}` },
        icon(residue === null ? 'dash' : residue === 0 && !failed ? 'check' : 'warning'),
        element(
          'div',
          {},
          element('strong', { dataset: { field: 'residue' } }, residue === null ? 'Residue not known' : `${integer(residue)} KV tokens remain`),
          element(
            'span',
            {},
            `${residue === null ? 'This engine cannot tell what it still holds.' : 'Counted in the engine after the release.'}${receipt.residue?.text ? ' Bytes of the text leave the database within moments.' : ''}`,
          ),
        ),
      ),
      element(
        'table',
        { class: 'stages' },
        element('caption', { class: 'visually-hidden' }, 'What each stage did and how long it took'),
        element(
          'thead',
          { class: 'visually-hidden' },
          element('tr', {}, ...['Stage', 'Outcome', 'Time'].map((name) => element('th', { scope: 'col' }, name))),
        ),
        element('tbody', {}, ...receipt.stages.map((stage) => stageRow(stage, longest))),
        element(
          'tfoot',
          {},
          element('tr', {}, element('th', { scope: 'row' }, 'in all'), element('td', {}), element('td', {}, millis(total))),
        ),
      ),
      element(
        'dl',
        { class: 'facts' },
        element('dt', {}, 'Session'),
        element('dd', {}, element('code', { dataset: { field: 'session' } }, receipt.session_id ?? id)),
        element('dt', {}, 'Reason'),
        element('dd', { dataset: { field: 'reason' } }, receipt.reason ?? '–'),
      ),
      closeButtons('Done'),
    );
  }

  function closeButtons(label) {
    return element('div', { class: 'buttons' }, element('button', { type: 'button', class: 'button', onclick: close }, label));
  }

  function close() {
    dialog.close();
  }

  await modal(dialog);
  return gone;
}

function stageRow(stage, longest) {
  const bar = element('span', { class: 'stage-bar' });
  bar.style.setProperty('--part', String(stage.millis / longest));
  return element(
    'tr',
    { dataset: { stage: stage.stage, outcome: stage.outcome } },
    element(
      'th',
      { scope: 'row' },
      element('span', { class: 'stage-name' }, stage.stage),
      element('span', { class: 'stage-meaning' }, STAGES[stage.stage] ?? ''),
    ),
    element('td', {}, element('span', { class: `outcome ${stage.outcome}` }, stage.outcome)),
    element('td', { class: 'stage-time' }, bar, element('span', { dataset: { field: 'millis' } }, millis(stage.millis))),
  );
}

/** Asks for the id and token of a conversation that was begun elsewhere; resolves to `null` where none is given. */
export async function askForConversation() {
  const id = element('input', { id: 'other-id', name: 'session-id', autocomplete: 'off', spellcheck: 'false', required: true });
  const token = element('input', { id: 'other-token', type: 'password', name: 'session-token', autocomplete: 'off', spellcheck: 'false', required: true });
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'other-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'other-title' }, icon('device'), 'Continue a conversation'),
      element('p', {}, 'One that began on another device or in another client. Whoever holds its token may continue it.'),
      element('label', { for: 'other-id' }, 'Session id'),
      id,
      element('label', { for: 'other-token' }, 'Session token'),
      token,
      element(
        'div',
        { class: 'buttons' },
        element('button', { type: 'button', class: 'button quiet', onclick: () => dialog.close('') }, 'Cancel'),
        element('button', { type: 'submit', class: 'button', value: 'open' }, 'Continue'),
      ),
    ),
  );
  const choice = await modal(dialog);
  return choice === 'open' ? { id: id.value.trim(), token: token.value.trim() } : null;
}

/** A side panel that slides over a narrow page, and stands beside a wide one. */
export class Drawer {
  #node;
  #opener;
  #narrow;
  #open = false;

  constructor(node, narrowQuery, label) {
    this.#node = node;
    this.#narrow = matchMedia(narrowQuery);
    this.#narrow.addEventListener('change', () => this.#apply());
    const close = iconButton('close', `Close ${label}`, () => this.close(), { class: 'icon-button drawer-close' });
    node.prepend(close);
    node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#shownOverPage) {
        event.stopPropagation();
        this.close();
      }
    });
    document.addEventListener('pointerdown', (event) => {
      if (this.#shownOverPage && !node.contains(event.target) && !event.target.closest?.('dialog')) {
        this.close();
      }
    });
    this.#apply();
  }

  get #shownOverPage() {
    return this.#open && this.#narrow.matches;
  }

  open(opener) {
    this.#opener = opener;
    this.#open = true;
    this.#apply();
    this.#node.querySelector('.drawer-close').focus();
  }

  close() {
    if (!this.#open) {
      return;
    }
    this.#open = false;
    this.#apply();
    this.#opener?.focus();
  }

  #apply() {
    this.#node.inert = this.#narrow.matches && !this.#open;
    this.#node.classList.toggle('open', this.#shownOverPage);
  }
}
