/** The conversations that this browser holds the tokens of. */

const LIST = 'hourglass.conversations';
const KEEP = 'hourglass.keepConversations';
const BOUND = 200;

/**
 * A list of `{id, token, title, createdAt, lastUsedAt, ended}`, latest first.
 *
 * A token is a secret that opens its conversation. It stays in this browser: in `localStorage`, or, where the
 * person does not want it kept, in `sessionStorage`, which ends with the tab.
 */
export class ConversationBook extends EventTarget {
  #entries;

  constructor() {
    super();
    this.#entries = this.#read();
    addEventListener('storage', (event) => {
      if (event.key === LIST || event.key === KEEP) {
        this.#entries = this.#read();
        this.#changed();
      }
    });
  }

  get entries() {
    return this.#entries;
  }

  get kept() {
    return stored(localStorage, KEEP) !== 'no';
  }

  set kept(kept) {
    store(localStorage, KEEP, kept ? 'yes' : 'no');
    this.#write();
  }

  find(id) {
    return this.#entries.find((entry) => entry.id === id) ?? null;
  }

  add(id, token, title) {
    const now = Date.now();
    this.#entries = [
      { id, token, title, createdAt: now, lastUsedAt: now, ended: false },
      ...this.#entries.filter((entry) => entry.id !== id),
    ].slice(0, BOUND);
    this.#write();
  }

  /** Moves a conversation to the top, since it was just used. */
  used(id) {
    this.#replace(id, { lastUsedAt: Date.now() });
    this.#entries = [...this.#entries].sort((a, b) => b.lastUsedAt - a.lastUsedAt);
    this.#write();
  }

  ended(id) {
    if (this.find(id) && !this.find(id).ended) {
      this.#replace(id, { ended: true, token: '' });
      this.#write();
    }
  }

  forget(id) {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    this.#write();
  }

  #replace(id, change) {
    this.#entries = this.#entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
  }

  #read() {
    const text = stored(sessionStorage, LIST) ?? stored(localStorage, LIST);
    try {
      return text ? JSON.parse(text) : [];
    } catch {
      return [];
    }
  }

  #write() {
    const [here, elsewhere] = this.kept ? [localStorage, sessionStorage] : [sessionStorage, localStorage];
    store(here, LIST, JSON.stringify(this.#entries));
    remove(elsewhere, LIST);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

const SETTINGS = 'hourglass.settings';

/** What a person asks of the model: `{system, temperature, maxTokens}`, empty where the model decides. */
export class GenerationSettings {
  #values = { system: '', temperature: '', maxTokens: '' };

  constructor() {
    try {
      Object.assign(this.#values, JSON.parse(stored(localStorage, SETTINGS) ?? '{}'));
    } catch {
      // Unreadable settings are no settings.
    }
  }

  get system() {
    return this.#values.system;
  }

  get temperature() {
    return this.#values.temperature;
  }

  get maxTokens() {
    return this.#values.maxTokens;
  }

  set(name, value) {
    this.#values[name] = value;
    store(localStorage, SETTINGS, JSON.stringify(this.#values));
  }

  /** The fields of a chat request, only those that were chosen. */
  get requestFields() {
    const fields = {};
    if (this.temperature !== '') {
      fields.temperature = Number(this.temperature);
    }
    if (this.maxTokens !== '') {
      fields.max_completion_tokens = Number(this.maxTokens);
    }
    return fields;
  }
}

// Storage may be denied or full: the page then works on without a memory.

function stored(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function store(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // see above
  }
}

function remove(storage, key) {
  try {
    storage.removeItem(key);
  } catch {
    // see above
  }
}
