import { errorCard } from './thread.js';

/** Keeps a page up to date while somebody looks at it, and says in its place what went wrong. */
export class Refresh {
  #api;
  #page;
  #problem;
  #millis;
  #load;
  #timer = null;

  /** Calls load every so many milliseconds while the page's node is shown. */
  constructor(api, page, problem, millis, load) {
    this.#api = api;
    this.#page = page;
    this.#problem = problem;
    this.#millis = millis;
    this.#load = load;
    document.addEventListener('visibilitychange', () => this.now());
  }

  /** Loads at once, and every so often from then on. */
  now() {
    this.#after(0);
  }

  #after(delay) {
    clearTimeout(this.#timer);
    if (!this.#page.hidden && !document.hidden) {
      this.#timer = setTimeout(() => void this.#run(), delay);
    }
  }

  async #run() {
    try {
      await this.#load();
      this.#problem.replaceChildren();
    } catch (error) {
      this.#complain(error);
    }
    this.#after(this.#millis);
  }

  #complain(error) {
    const again = async () => {
      if (error.asksForKey) {
        await this.#api.enterKey(error.message);
      }
      this.now();
    };
    if (!this.#problem.firstChild) {
      this.#problem.replaceChildren(errorCard(error, error.asksForKey ? 'Enter an API key' : 'Load again', () => void again()));
    }
  }
}
