// Step 5: an import as it goes.

import { copy, el, strange, item } from './dom.js';
import { get, post } from './api.js';
import { go, address } from './route.js';
import { tried, complain, calm, say, Refusal } from './trouble.js';
import { number, moment, span } from './words.js';
import { going } from './history.js';

const states = {
  waiting: 'Waiting to begin', running: 'Running', stopping: 'Stopping: what is begun is finished',
  stopped: 'Stopped', ended: 'At its end', broken: 'Broken off',
};

const ends = { stopped: 'is stopped', ended: 'has ended', broken: 'broke off' };

const tone = (p) => {
  if (p.state === 'broken' || p.invalid + p.failed + p.unknown > 0) return 'warning';
  return p.state === 'ended' ? 'good' : 'busy';
};

const key = (name, value, kind) => el('div', { class: kind ?? '' }, el('dt', {}, name), el('dd', {}, value));

const rate = (perSecond) => (perSecond >= 1 ? `${perSecond.toFixed(1)} a second` : `${(perSecond * 60).toFixed(1)} a minute`);

const keys = (p) => [
  key('Ended', `${number(p.done)} of ${number(p.total)}`, p.done ? 'good' : ''), ...(p.invalid ? [key('Invalid', number(p.invalid), 'bad')] : []), key('Failed', number(p.failed), p.failed ? 'bad' : ''), key('Unknown', number(p.unknown), p.unknown ? 'bad' : ''),
  key('In flight', number(p.in_flight + p.open)), key('Rate', going(p.state) && p.rate > 0 ? rate(p.rate) : '–'),
];

const bar = (parts, p) => {
  const part = (node, n) => { node.style.width = p.total ? `${(100 * n) / p.total}%` : '0'; };
  part(parts.barDone, p.done - p.invalid - p.failed - p.unknown);
  part(parts.barInvalid, p.invalid);
  part(parts.barFailed, p.failed);
  part(parts.barUnknown, p.unknown);
  part(parts.barFlight, Math.min(p.in_flight + p.open, p.total - p.done));
  parts.bar.setAttribute('aria-valuemax', p.total || 1);
  parts.bar.setAttribute('aria-valuenow', p.done);
};

const waits = (p, open) => {
  if (!open) return [];
  if (p.waiting_for) return ['Waiting for ', strange(p.waiting_for)];
  return p.eta_s ? [`About ${span(1000 * p.eta_s)} to go`] : [];
};

const show = (parts, p) => {
  const open = going(p.state);
  parts.name.replaceChildren(strange(p.file), ', ', strange(p.who), p.started ? `, since ${moment(p.started)}` : '');
  parts.lamp.className = 'lamp ' + tone(p);
  const words = states[p.state] ?? p.state;
  if (parts.state.textContent !== words) parts.state.textContent = words;
  bar(parts, p);
  parts.keys.replaceChildren(...keys(p));
  parts.waits.replaceChildren(...waits(p, open));
  parts.noticed.hidden = p.notices.length === 0;
  parts.notices.replaceChildren(...p.notices.map(item));
  parts.stop.hidden = !open;
  parts.stop.disabled = p.state === 'stopping';
  parts.stopWords.hidden = !open;
  parts.goOn.hidden = p.state !== 'stopped' && p.state !== 'broken';
  parts.after.hidden = open;
};

const lost = () => new Refusal('The connection to the service is lost.', 'The import goes on without this page. It is looked for again and again; if it does not come back, look at the terminal in which bulkimport serve runs.', 0);

// follow hears of progress until it ends; the browser connects again by itself, unless it was refused.
const follow = (parts, id) => {
  const source = new EventSource(`/api/imports/${encodeURIComponent(id)}/events`);
  source.addEventListener('progress', (e) => {
    const p = JSON.parse(e.data);
    calm(parts.trouble);
    show(parts, p);
    if (going(p.state)) return;
    source.close();
    say(`The import ${ends[p.state]}.`);
  });
  source.addEventListener('end', () => source.close());
  source.addEventListener('error', () => complain(parts.trouble, lost()));
  return source;
};

export const watch = (place, id) => {
  const { root, parts } = copy('watch');
  let source = null, later = 0, left = false;
  parts.after.href = address('after', id);
  const act = (button, does) => button.addEventListener('click', async () => {
    button.disabled = true;
    await tried(parts.trouble, does);
    button.disabled = false;
  });
  act(parts.stop, async () => { await post(`imports/${id}/stop`); });
  act(parts.goOn, async () => { go('watch', (await post(`imports/${id}/go-on`)).import); });
  place.append(root);
  const begin = async () => {
    if (left) return;
    try {
      const p = await get(`imports/${id}`);
      if (left) return;
      show(parts, p);
      if (going(p.state)) source = follow(parts, id);
      // A connection that was refused for good is begun anew.
      if (source) source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) later = setTimeout(begin, 3000); });
    } catch (trouble) {
      complain(parts.trouble, trouble);
      if (trouble.lost) later = setTimeout(begin, 3000);
    }
  };
  begin();
  return () => {
    left = true;
    clearTimeout(later);
    source?.close();
  };
};
