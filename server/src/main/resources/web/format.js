/** Numbers and times as people read them. */

const INTEGER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const ONE_DECIMAL = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function integer(value) {
  return INTEGER.format(value);
}

/** A rate with one decimal while it is small. */
export function rate(value) {
  return value >= 100 ? INTEGER.format(value) : ONE_DECIMAL.format(value);
}

export function percent(part, whole) {
  return whole > 0 ? `${INTEGER.format((100 * part) / whole)}%` : '0%';
}

/** Milliseconds, in seconds once they pass one. */
export function millis(value) {
  if (value >= 1000) {
    return `${(value / 1000).toFixed(value >= 10_000 ? 0 : 2)} s`;
  }
  if (value > 0 && value < 0.05) {
    return '< 0.1 ms';
  }
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ms`;
}

/** Bytes in the largest unit that leaves a whole number before the point. */
export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (value >= 1024 ** (power + 1) && power < units.length - 1) {
    power += 1;
  }
  const scaled = value / 1024 ** power;
  return `${power === 0 ? INTEGER.format(scaled) : rate(scaled)} ${units[power]}`;
}

/** A span of seconds in its largest one or two units, for ages. */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  }
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** What is left of a time, as a clock shows it: `29:41`, `1:02:07`, `3 d 4 h`. */
export function countdown(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole >= 86_400) {
    return span(whole);
  }
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** An id short enough for a table, long enough to tell two apart. */
export function shortId(id) {
  return id.length > 18 ? `${id.slice(0, 12)}…${id.slice(-4)}` : id;
}

/** The first line of a text, cut at a word. */
export function titleOf(text) {
  const line = text.trim().split('\n', 1)[0].trim();
  if (line.length <= 60) {
    return line || 'Untitled';
  }
  const cut = line.slice(0, 60);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 40))}…`;
}
