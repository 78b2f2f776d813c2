import { Drawer, askForConversation, destroyWithReceipt } from './dialogs.js';
import { element, icon, iconButton, setText } from './dom.js';
import { integer } from './format.js';
import { SandClock } from './sand.js';
import { SessionPanel } from './session-panel.js';
import { Thread } from './thread.js';

const SUGGESTIONS = [
  'Explain in three sentences what a KV cache is.',
  'Write a Java record for an amount of money.',
  'Name three ways to measure the latency of a language model.',
];
const THREADS_KEPT = 12;

/** The chat page: the open conversation, its composer, and its session beside it. */
export class ChatPage {
  #api;
  #book;
  #settings;
  #announcer;
  #threads = new Map();
  #thread = null;
  #follow = true;
  #panel;
  #drawer;
  #scroller = element('div', { class: 'scroller', tabindex: '-1' });
  #title = element('h1', { class: 'chat-title' }, 'New conversation');
  #input;
  #sendButton;
  #stopButton;
  #composer;
  #endedBar;
  #latest;
  #welcome;

  constructor({ api, book, settings, announcer, menuButton }) {
    this.#api = api;
    this.#book = book;
    this.#settings = settings;
    this.#announcer = announcer;
    this.#panel = new SessionPanel({ api, onDestroy: () => void this.#destroy() });
    this.#welcome = this.#buildWelcome();
    const side = element('aside', { class: 'side', 'aria-label': 'Session and settings' }, this.#panel.node, this.#buildSettings());
    const panelButton = iconButton('panel', 'Session and settings', () => this.#drawer.open(panelButton), { class: 'icon-button side-button' });
    this.#latest = element('button', { type: 'button', class: 'latest', hidden: true, onclick: () => this.#toLatest() }, icon('down'), 'Latest');
    this.node = element(
      'section',
      { class: 'page chat-page', 'aria-label': 'Chat' },
      element(
        'div',
        { class: 'chat-column' },
        element('header', { class: 'page-head' }, menuButton, this.#title, panelButton),
        this.#scroller,
        element('div', { class: 'composer-area' }, this.#latest, this.#buildComposer()),
      ),
      side,
    );
    this.#drawer = new Drawer(side, '(max-width: 1080px)', 'session and settings');
    this.#scroller.addEventListener('scroll', () => {
      this.#follow = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight < 48;
      this.#latest.hidden = this.#follow;
    });
    // A wider or narrower page moves the end of the text; a reader at the end stays there.
    new ResizeObserver(() => this.#grown(this.#thread)).observe(this.#scroller);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.node.hidden && this.#thread?.running && !document.querySelector('dialog[open]')) {
        this.#thread.stop();
      }
    });
    book.addEventListener('change', () => this.#render());
  }

  /** Opens a conversation of this browser, or a new one where `id` is `null`. */
  open(id) {
    if (id === null) {
      this.#show(this.#thread && !this.#thread.session ? this.#thread : this.#newThread(null));
      return;
    }
    const known = this.#threads.get(id);
    if (known) {
      this.#show(known);
      return;
    }
    const entry = this.#book.find(id);
    if (!entry) {
      location.hash = '#/chat';
      return;
    }
    const thread = this.#newThread({ id: entry.id, token: entry.token });
    this.#remember(id, thread);
    this.#show(thread);
    if (entry.ended) {
      thread.markEnded();
    } else {
      void thread.loadHistory();
    }
  }

  /** Begins another conversation; the current one streams on. */
  openNew() {
    this.#show(this.#newThread(null));
    this.#input.focus();
  }

  /** Opens a conversation by an id and token that were copied from elsewhere. */
  async openOther() {
    const other = await askForConversation();
    if (other) {
      this.#book.add(other.id, other.token, 'Continued conversation');
      location.hash = `#/chat/${encodeURIComponent(other.id)}`;
    }
  }

  /** The hash route of the open conversation. */
  get address() {
    const session = this.#thread?.session;
    return session ? `#/chat/${encodeURIComponent(session.id)}` : '#/chat';
  }

  /** Marks a conversation whose session was destroyed elsewhere on the page. */
  sessionGone(id) {
    const thread = this.#threads.get(id);
    if (thread) {
      thread.markEnded();
    } else {
      this.#book.ended(id);
    }
  }

  set visible(visible) {
    this.node.hidden = !visible;
    this.#panel.visible = visible;
    if (visible) {
      this.#grown(this.#thread);
      if (matchMedia('(hover: hover)').matches) {
        this.#input.focus();
      }
    }
  }

  #newThread(session) {
    const thread = new Thread({ api: this.#api, book: this.#book, settings: this.#settings, announcer: this.#announcer, session });
    thread.addEventListener('born', () => {
      this.#remember(thread.session.id, thread);
      if (this.#thread === thread && !this.node.hidden) {
        history.replaceState(null, '', this.address);
        dispatchEvent(new Event('hashchange'));
      }
    });
    thread.addEventListener('change', () => {
      if (this.#thread === thread) {
        this.#render();
        this.#panel.refresh();
      }
    });
    thread.addEventListener('grown', () => this.#grown(thread));
    return thread;
  }

  #remember(id, thread) {
    this.#threads.set(id, thread);
    for (const [oldId, old] of this.#threads) {
      if (this.#threads.size <= THREADS_KEPT) {
        break;
      }
      if (!old.running && old !== this.#thread && old !== thread) {
        this.#threads.delete(oldId);
      }
    }
  }

  #show(thread) {
    this.#thread = thread;
    this.#follow = true;
    this.#scroller.replaceChildren(this.#welcome, thread.node);
    this.#drawer.close();
    this.#panel.show(thread);
    this.#render();
    this.#grown(thread);
  }

  #render() {
    const thread = this.#thread;
    if (!thread) {
      return;
    }
    const entry = thread.session ? this.#book.find(thread.session.id) : null;
    setText(this.#title, entry?.title ?? 'New conversation');
    this.#welcome.hidden = thread.session !== null || !thread.empty;
    this.#composer.hidden = thread.ended;
    this.#endedBar.hidden = !thread.ended;
    const hadFocus = document.activeElement === this.#stopButton || document.activeElement === this.#sendButton;
    this.#stopButton.hidden = !thread.running;
    this.#sendButton.hidden = thread.running;
    this.#sendButton.disabled = this.#input.value.trim() === '';
    if (hadFocus) {
      this.#input.focus();
    }
  }

  #grown(thread) {
    if (thread === this.#thread && this.#follow) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }

  #toLatest() {
    this.#follow = true;
    this.#grown(this.#thread);
    this.#input.focus();
  }

  #submit() {
    const text = this.#input.value.trim();
    if (text === '' || this.#thread.running || this.#thread.ended) {
      return;
    }
    this.#input.value = '';
    this.#fitInput();
    this.#follow = true;
    void this.#thread.send(text);
  }

  async #destroy() {
    const thread = this.#thread;
    const { id, token } = thread.session;
    if (await destroyWithReceipt({ id, title: this.#book.find(id)?.title, destroy: () => this.#api.destroy(id, token) })) {
      thread.markEnded();
    }
  }

  #buildComposer() {
    this.#input = element('textarea', {
      id: 'message',
      rows: '1',
      placeholder: 'Write a message',
      'aria-label': 'Message',
      'aria-describedby': 'composer-hint',
      enterkeyhint: 'send',
      oninput: () => {
        this.#fitInput();
        this.#sendButton.disabled = this.#input.value.trim() === '';
      },
      onkeydown: (event) => {
        // Enter also ends the composition of a character; that one does not send.
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          this.#submit();
        }
      },
    });
    this.#sendButton = element('button', { type: 'submit', class: 'round send', 'aria-label': 'Send', title: 'Send (Enter)', disabled: true }, icon('send'));
    this.#stopButton = element(
      'button',
      { type: 'button', class: 'round stop', 'aria-label': 'Stop', title: 'Stop (Esc)', hidden: true, onclick: () => this.#thread.stop() },
      icon('stop'),
    );
    this.#composer = element(
      'form',
      {
        class: 'composer',
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      element('div', { class: 'composer-box' }, this.#input, this.#stopButton, this.#sendButton),
      element('p', { id: 'composer-hint', class: 'composer-hint' }, element('kbd', {}, 'Enter'), ' sends ', element('kbd', {}, 'Shift'), '+', element('kbd', {}, 'Enter'), ' new line ', element('kbd', {}, 'Esc'), ' stops'),
    );
    this.#endedBar = element(
      'div',
      { class: 'ended-bar', hidden: true },
      element('span', {}, 'This conversation can only be read.'),
      element('a', { class: 'button', href: '#/chat', onclick: () => this.openNew() }, icon('plus'), 'New chat'),
    );
    return [this.#composer, this.#endedBar];
  }

  #fitInput() {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 220)}px`;
  }

  #buildWelcome() {
    const clock = new SandClock('hero');
    clock.show(0.62);
    return element(
      'div',
      { class: 'welcome' },
      clock.node,
      element('h2', {}, 'Every conversation is a session with a life.'),
      element('p', {}, 'Its state stays in the engine while it is worth keeping, and leaves with a receipt.'),
      element(
        'ul',
        { class: 'suggestions' },
        ...SUGGESTIONS.map((text) =>
          element('li', {}, element('button', { type: 'button', onclick: () => void this.#thread.send(text) }, text)),
        ),
      ),
    );
  }

  #buildSettings() {
    const system = element('textarea', {
      id: 'system-prompt',
      rows: '3',
      placeholder: 'How the model should behave',
      'aria-describedby': 'system-note',
      oninput: () => this.#settings.set('system', system.value),
    });
    system.value = this.#settings.system;
    const temperature = this.#numberSetting('temperature', { min: '0', max: '2', step: '0.1' });
    const maxTokens = this.#numberSetting('maxTokens', { min: '1', step: '1' });
    return element(
      'section',
      { class: 'settings', 'aria-label': 'Settings' },
      element('h2', {}, 'Settings'),
      element('label', { for: 'system-prompt' }, 'System prompt'),
      system,
      element('p', { id: 'system-note', class: 'fine' }, 'Holds for conversations that begin after it was written.'),
      element(
        'div',
        { class: 'pair' },
        element('div', {}, element('label', { for: temperature.id }, 'Temperature'), temperature),
        element('div', {}, element('label', { for: maxTokens.id }, 'Max tokens'), maxTokens),
      ),
    );
  }

  #numberSetting(name, properties) {
    const input = element('input', {
      id: `setting-${name}`,
      type: 'number',
      inputmode: 'decimal',
      placeholder: 'default',
      ...properties,
      onchange: () => {
        // A value out of range is not sent; the field shows that it is not accepted.
        this.#settings.set(name, input.validity.valid ? input.value : '');
      },
    });
    input.value = this.#settings[name];
    return input;
  }
}

/** The list of this browser's conversations, in the page's rail. */
export class ConversationList {
  #book;
  #list = element('ul', { class: 'conversations' });
  #note = element('p', { class: 'fine' });
  #current = null;

  constructor({ book, onOther }) {
    this.#book = book;
    const keep = element('input', {
      id: 'keep',
      type: 'checkbox',
      onchange: () => {
        book.kept = keep.checked;
      },
    });
    this.node = element(
      'section',
      { class: 'rail-conversations', 'aria-label': 'Your conversations' },
      element('div', { class: 'rail-title' }, element('h2', {}, 'Your conversations'), iconButton('device', 'Continue a conversation from elsewhere', onOther)),
      this.#list,
      element('div', { class: 'keep' }, element('label', { for: 'keep' }, keep, 'Keep them in this browser'), this.#note),
    );
    book.addEventListener('change', () => this.#render());
    this.#render();
    keep.checked = book.kept;
    book.addEventListener('change', () => {
      keep.checked = book.kept;
    });
  }

  set current(id) {
    this.#current = id;
    this.#render();
  }

  #render() {
    setText(
      this.#note,
      this.#book.kept
        ? 'The tokens that open them are stored here, and nowhere else.'
        : 'The tokens that open them are forgotten when this tab closes.',
    );
    const entries = this.#book.entries;
    if (entries.length === 0) {
      this.#list.replaceChildren(element('li', { class: 'none' }, 'None yet.'));
      return;
    }
    this.#list.replaceChildren(
      ...entries.map((entry) =>
        element(
          'li',
          { class: entry.ended ? 'ended' : null },
          element(
            'a',
            { href: `#/chat/${encodeURIComponent(entry.id)}`, 'aria-current': entry.id === this.#current ? 'page' : null, title: entry.title },
            element('span', { class: 'conversation-title' }, entry.title),
            entry.ended ? element('span', { class: 'conversation-ended' }, 'ended') : null,
          ),
          entry.ended ? iconButton('close', `Forget “${entry.title}”`, () => this.#book.forget(entry.id)) : null,
        ),
      ),
    );
    this.#list.setAttribute('aria-label', `${integer(entries.length)} conversations`);
  }
}
