import { GatewayApi } from './api.js';
import { ChatPage, ConversationList } from './chat.js';
import { ConversationBook, GenerationSettings } from './conversations.js';
import { Drawer, askForKey } from './dialogs.js';
import { element, icon, iconButton, setText } from './dom.js';
import { EndpointsPage } from './endpoints.js';
import { LoadPage } from './load.js';
import { ReservationsPage } from './reservations.js';
import { SessionsPage } from './sessions.js';
import { Announcer } from './thread.js';

const rail = document.getElementById('rail');
const main = document.getElementById('main');
const modelLine = document.getElementById('model');
const api = new GatewayApi(async (reason, anotherWasRefused) => {
  const key = await askForKey(reason, anotherWasRefused);
  if (key !== null && modelLine.dataset.state !== 'ready') {
    setTimeout(() => void greet());
  }
  return key;
});
const book = new ConversationBook();
const announcer = new Announcer(document.getElementById('announcer'));

const chat = new ChatPage({ api, book, settings: new GenerationSettings(), announcer, menuButton: menuButton() });
const sessions = new SessionsPage({ api, book, onGone: (id) => chat.sessionGone(id), menuButton: menuButton() });
const load = new LoadPage({ api, menuButton: menuButton() });
const endpoints = new EndpointsPage({ api, menuButton: menuButton() });
const reservations = new ReservationsPage({ api, menuButton: menuButton() });
/** The pages beside the chat, by the word in their address. */
const PAGES = {
  sessions: { page: sessions, title: 'Sessions' },
  load: { page: load, title: 'Load' },
  endpoints: { page: endpoints, title: 'Endpoints' },
  reservations: { page: reservations, title: 'Reservations' },
};
const conversations = new ConversationList({ book, onOther: () => void chat.openOther() });
main.append(chat.node, sessions.node, load.node, endpoints.node, reservations.node);
document.getElementById('conversations').replaceWith(conversations.node);
document.getElementById('theme').replaceWith(themeSwitch());
const railDrawer = new Drawer(rail, '(max-width: 820px)', 'menu');

document.getElementById('new-chat').addEventListener('click', () => {
  railDrawer.close();
  chat.openNew();
});
document.getElementById('skip').addEventListener('click', (event) => {
  // The address after # belongs to the router.
  event.preventDefault();
  main.focus();
});
rail.querySelector('nav [data-page=chat]').addEventListener('click', (event) => {
  // Back to the conversation that was open; a new one has its own button.
  event.preventDefault();
  location.hash = chat.address;
});
rail.addEventListener('click', (event) => {
  if (event.target.closest('a')) {
    railDrawer.close();
  }
});
addEventListener('hashchange', route);
route();
void greet();

function route() {
  const [, page, id] = location.hash.split('/');
  const shown = PAGES[page];
  if (!shown) {
    chat.open(id ? decodeURIComponent(id) : null);
  }
  chat.visible = !shown;
  for (const other of Object.values(PAGES)) {
    other.page.visible = other === shown;
  }
  conversations.current = shown || !id ? null : decodeURIComponent(id);
  for (const link of rail.querySelectorAll('nav a')) {
    if (link.dataset.page === (shown ? page : 'chat')) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  document.title = `${shown?.title ?? 'Chat'} · Hourglass`;
}

/** Waits for the model, and says which one it is. */
async function greet() {
  while (!(await api.ready())) {
    modelLine.dataset.state = 'waiting';
    setText(modelLine, 'The model is loading…');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  try {
    const { data } = await api.models();
    modelLine.dataset.state = 'ready';
    setText(modelLine, data.length > 0 ? data[0].id : 'ready');
    modelLine.title = data.map((model) => model.id).join(', ');
  } catch (error) {
    modelLine.dataset.state = 'waiting';
    setText(modelLine, error.asksForKey ? 'An API key is needed' : error.message);
  }
}

function menuButton() {
  const button = iconButton('menu', 'Menu', () => railDrawer.open(button), { class: 'icon-button menu-button' });
  return button;
}

/** Light, dark, or as the system prefers. */
function themeSwitch() {
  const root = document.documentElement;
  const choose = (theme) => {
    if (theme === 'auto') {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = theme;
    }
    try {
      localStorage.setItem('hourglass.theme', theme);
    } catch {
      // The choice then lasts as long as the page.
    }
  };
  return element(
    'fieldset',
    { class: 'segmented theme' },
    element('legend', { class: 'visually-hidden' }, 'Colours'),
    ...[
      ['light', 'sun', 'Light'],
      ['auto', 'auto', 'As the system'],
      ['dark', 'moon', 'Dark'],
    ].map(([theme, picture, label]) =>
      element(
        'label',
        { title: label },
        element('input', {
          type: 'radio',
          name: 'theme',
          value: theme,
          'aria-label': label,
          checked: theme === (root.dataset.theme ?? 'auto'),
          onchange: () => choose(theme),
        }),
        element('span', {}, icon(picture)),
      ),
    ),
  );
}
