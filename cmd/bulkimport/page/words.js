// Numbers and times as people read them.

const numbers = new Intl.NumberFormat('en');

export const number = (n) => numbers.format(n);

export const plural = (n, one, many = one + 's') => (n === 1 ? one : many);

export const count = (n, one, many) => `${number(n)} ${plural(n, one, many)}`;

const minutes = { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' };

const moments = new Intl.DateTimeFormat('en-GB', minutes), seconds = new Intl.DateTimeFormat('en-GB', { ...minutes, second: '2-digit' });

const written = (text, format) => {
  const time = new Date(text);
  return text && !Number.isNaN(time.getTime()) ? format.format(time) : String(text ?? '');
};

// moment is a time with day and zone; what is no time stays as it is.
export const moment = (text) => written(text, moments);

// second is a moment to the second.
export const second = (text) => written(text, seconds);

export const size = (bytes) => {
  if (bytes < 1000) return count(bytes, 'byte');
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
};

export const span = (ms) => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, '0')}s`;
  const m = Math.round(s / 60);
  return `${Math.floor(m / 60)}h ${String(m % 60).padStart(2, '0')}m`;
};

// rowsWords names the first rows of many.
export const rowsWords = (first, all) => {
  const more = all - first.length;
  const list = first.map(number);
  if (more > 0) return `rows ${list.join(', ')} and ${number(more)} more`;
  if (list.length < 2) return `row ${list.join('')}`;
  return `rows ${list.slice(0, -1).join(', ')} and ${list.at(-1)}`;
};
