/** Building blocks of the page: elements are made node by node, never from text that is parsed. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element with its properties and children.
 *
 * Keys starting with `on` are listeners, `class` and `dataset` mean what they say, a `true` value is
 * a bare attribute; `null`, `undefined` and `false` are left out. A child may be a node or text.
 */
export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element, built as {@link element} builds HTML. */
export function drawing(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** A decorative icon of `icons.svg`. */
export function icon(name) {
  return drawing(
    'svg',
    { class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    drawing('use', { href: `icons.svg#${name}` }),
  );
}

/** A button that shows only an icon; its label is for assistive technology and the tooltip. */
export function iconButton(name, label, onclick, properties = {}) {
  return element(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick, ...properties },
    icon(name),
  );
}

/** Writes text only where it differs, so that a selection or a screen reader is not disturbed. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Puts text on the clipboard; answers whether that was possible. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A button that copies what `text()` gives and shows that it did. */
export function copyButton(label, text) {
  const button = iconButton('copy', label, async () => {
    const copied = await copyText(text());
    button.replaceChildren(icon(copied ? 'check' : 'warning'));
    button.title = copied ? 'Copied' : 'The browser refused; select and copy by hand';
    setTimeout(() => {
      button.replaceChildren(icon('copy'));
      button.title = label;
    }, 1600);
  });
  return button;
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      node.addEventListener(name.slice(2), value);
    } else if (name === 'dataset') {
      Object.assign(node.dataset, value);
    } else {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
