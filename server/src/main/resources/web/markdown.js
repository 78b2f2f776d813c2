/**
 * The small part of Markdown that models write, turned into DOM nodes.
 *
 * Text stays text: nothing is ever parsed as HTML, and links and images stay as they were written, since a
 * model's text is not to be trusted with an address.
 */
import { copyButton, element } from './dom.js';

/**
 * Shows a text in a container.
 *
 * May be called again with a longer text: blocks that did not change keep their nodes, so that a selection
 * in an earlier paragraph survives the streaming of a later one.
 */
export function showMarkdown(container, text) {
  const blocks = blocksOf(text);
  const nodes = container.childNodes;
  let same = 0;
  while (same < blocks.length && same < nodes.length && nodes[same].blockKey === keyOf(blocks[same])) {
    same += 1;
  }
  while (container.childNodes.length > same) {
    container.lastChild.remove();
  }
  for (const block of blocks.slice(same)) {
    const node = nodeOf(block);
    node.blockKey = keyOf(block);
    container.append(node);
  }
}

function keyOf(block) {
  return `${block.kind}\u0000${block.detail ?? ''}\u0000${block.lines.join('\n')}`;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;

function blocksOf(text) {
  const lines = text.split('\n');
  const blocks = [];
  let paragraph = null;
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const fence = FENCE.exec(line);
    if (fence) {
      const body = [];
      for (i += 1; i < lines.length && !closes(lines[i], fence[1]); i += 1) {
        body.push(lines[i]);
      }
      blocks.push({ kind: 'code', detail: fence[2], lines: body });
      paragraph = null;
    } else if (line.trim() === '') {
      paragraph = null;
    } else if (HEADING.test(line)) {
      const [, marks, words] = HEADING.exec(line);
      blocks.push({ kind: 'heading', detail: String(marks.length), lines: [words] });
      paragraph = null;
    } else if (RULE.test(line)) {
      blocks.push({ kind: 'rule', lines: [] });
      paragraph = null;
    } else if (ITEM.test(line)) {
      const items = [];
      for (; i < lines.length && (ITEM.test(lines[i]) || continues(lines, i)); i += 1) {
        items.push(lines[i]);
      }
      i -= 1;
      blocks.push({ kind: 'list', lines: items });
      paragraph = null;
    } else if (QUOTE.test(line)) {
      const quoted = [];
      for (; i < lines.length && QUOTE.test(lines[i]); i += 1) {
        quoted.push(QUOTE.exec(lines[i])[1]);
      }
      i -= 1;
      blocks.push({ kind: 'quote', lines: quoted });
      paragraph = null;
    } else if (paragraph) {
      paragraph.lines.push(line);
    } else {
      paragraph = { kind: 'paragraph', lines: [line] };
      blocks.push(paragraph);
    }
  }
  return blocks;
}

function closes(line, fence) {
  const trimmed = line.trim();
  return trimmed.length >= fence.length && [...trimmed].every((character) => character === fence[0]);
}

/** A line of a list that is not an item itself: indented text, or one empty line before another item. */
function continues(lines, i) {
  if (lines[i].trim() === '') {
    return i + 1 < lines.length && (ITEM.test(lines[i + 1]) || /^\s{2,}\S/.test(lines[i + 1]));
  }
  return /^\s{2,}\S/.test(lines[i]) && !FENCE.test(lines[i]);
}

function nodeOf(block) {
  switch (block.kind) {
    case 'code':
      return codeNode(block);
    case 'heading':
      // The page owns h1 and h2; an answer's headings start below them.
      return element(`h${Math.min(6, Number(block.detail) + 2)}`, {}, inline(block.lines[0]));
    case 'rule':
      return element('hr');
    case 'list':
      return listNode(block.lines);
    case 'quote': {
      const quote = element('blockquote');
      showMarkdown(quote, block.lines.join('\n'));
      return quote;
    }
    default:
      return element('p', {}, inline(block.lines.join('\n')));
  }
}

function codeNode({ detail, lines }) {
  const source = lines.join('\n');
  return element(
    'figure',
    { class: 'code' },
    element(
      'figcaption',
      {},
      element('span', {}, detail || 'text'),
      copyButton('Copy this code', () => source),
    ),
    element('pre', { tabindex: '0', 'aria-label': `Code, ${detail || 'text'}` }, element('code', {}, source)),
  );
}

/** Lists, nested by indentation. */
function listNode(lines) {
  const open = [];
  let root = null;
  for (const line of lines) {
    const match = ITEM.exec(line);
    if (!match) {
      if (line.trim() !== '' && open.length > 0) {
        open.at(-1).list.lastChild.append(' ', ...inline(line.trim()));
      }
      continue;
    }
    const [, indent, marker, words] = match;
    const tag = /\d/.test(marker) ? 'ol' : 'ul';
    while (open.length > 1 && indent.length < open.at(-1).indent) {
      open.pop();
    }
    const current = open.at(-1);
    if (!current || (indent.length > current.indent + 1 && open.length < 8)) {
      const list = element(tag, tag === 'ol' ? { start: Number.parseInt(marker, 10) } : {});
      if (current) {
        current.list.lastChild.append(list);
      } else {
        root = list;
      }
      open.push({ indent: indent.length, list });
    }
    open.at(-1).list.append(element('li', {}, inline(words)));
  }
  return root;
}

const INLINE =
  /(?<code>(?<ticks>`+)(?!`)[\s\S]+?(?<!`)\k<ticks>(?!`))|(?<strong>\*\*(?=\S)[\s\S]+?(?<=\S)\*\*)|(?<em>(?<![\w*])\*(?=[^\s*])[^*\n]*?(?<=[^\s*])\*(?![\w*]))/g;

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(...withBreaks(text.slice(from, match.index)));
    const { code, ticks, strong } = match.groups;
    if (code) {
      nodes.push(element('code', {}, code.slice(ticks.length, -ticks.length).trim()));
    } else if (strong) {
      nodes.push(element('strong', {}, inline(strong.slice(2, -2))));
    } else {
      nodes.push(element('em', {}, inline(match[0].slice(1, -1))));
    }
    from = match.index + match[0].length;
  }
  nodes.push(...withBreaks(text.slice(from)));
  return nodes;
}

/** A model's line break inside a paragraph is meant as one. */
function withBreaks(text) {
  if (text === '') {
    return [];
  }
  return text.split('\n').flatMap((line, index) => (index === 0 ? [line] : [element('br'), line]));
}
