// A classic script, loaded before the page is painted, so that a chosen theme never flashes.
'use strict';
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('hourglass.theme');
  } catch {
    // Storage may be denied; the system's preference then decides.
  }
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.dataset.theme = chosen;
  }
})();
