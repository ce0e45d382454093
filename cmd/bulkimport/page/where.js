// Step 1: is everything in place?

import { copy, el, strange, fact } from './dom.js';
import { get } from './api.js';
import { address } from './route.js';
import { complain, calm } from './trouble.js';
import { number, count, moment, plural } from './words.js';

const said = { bad: 'fault', warning: 'warning', good: 'ok' };

const light = ({ level, name, what, hint }) => el('li', { class: `light ${level}` },
  el('span', { class: `lamp ${level}`, 'aria-hidden': 'true' }),
  el('div', {}, el('p', {}, el('span', { class: 'off' }, said[level] + ': '), name ? el('b', {}, strange(name), ' ') : null, strange(what)), hint ? el('p', { class: 'small' }, strange(hint)) : null));

const verdict = (bad, warned) => {
  if (bad) return `${count(bad, 'fault')} to mend`;
  return warned ? `Ready, with ${count(warned, 'warning')}` : 'Everything is in place';
};

const showLights = (parts, lights) => {
  const of = (level) => lights.filter((l) => l.level === level);
  const bad = of('bad'), warned = of('warning'), good = of('good');
  parts.lamp.className = 'lamp ' + (bad.length ? 'bad' : warned.length ? 'warning' : 'good');
  parts.verdict.textContent = verdict(bad.length, warned.length);
  parts.lights.replaceChildren(...[...bad, ...warned].map(light));
  parts.fine.hidden = good.length === 0;
  // In one column what to do next stands below them.
  parts.fine.open = bad.length + warned.length === 0 && matchMedia('(min-width: 1001px)').matches;
  parts.fineWords.textContent = `${count(good.length, 'check')} ${plural(good.length, 'is', 'are')} ok`;
  parts.fineLights.replaceChildren(...good.map(light));
};

const showAll = (parts, all) => {
  showLights(parts, all.lights);
  parts.ready.textContent = all.ready == null ? '–' : number(all.ready);
  parts.looked.textContent = all.looked ? `Looked at ${moment(all.looked)}` : '';
  parts.readyWords.textContent = all.ready == null ? 'not known' : plural(all.ready, 'subscription');
  parts.firstDay.hidden = !all.first_day;
  parts.running.hidden = all.running.length === 0;
  parts.runs.replaceChildren(...all.running.map((id) => el('li', {}, el('a', { href: address('watch', id) }, 'Watch import ', strange(id)))));
  parts.facts.replaceChildren(fact('Platform', strange(all.platform.url)), fact('Ledger', strange(all.ledger)), fact('Version', strange(all.version)));
};

const POLL = 700; // ms, as long as the checks go on

export const where = (place) => {
  const { root, parts } = copy('where');
  const ended = new AbortController();
  let later = 0, shown = '';
  const ask = async (fresh) => {
    calm(parts.trouble);
    try {
      const all = await get(fresh ? 'where?fresh=1' : 'where', ended.signal);
      parts.wait.hidden = !all.looking;
      parts.again.disabled = all.looking;
      const seen = JSON.stringify({ ...all, looking: null });
      // What is the same is left alone, with its focus.
      if ((all.lights.length > 0 || !all.looking) && seen !== shown) {
        shown = seen;
        showAll(parts, all);
        parts.all.hidden = false;
      }
      if (all.looking) later = setTimeout(() => ask(false), POLL);
    } catch (trouble) {
      if (trouble.name === 'AbortError') return;
      parts.wait.hidden = true;
      parts.again.disabled = false;
      complain(parts.trouble, trouble);
    }
  };
  parts.again.addEventListener('click', () => {
    parts.wait.hidden = false;
    parts.again.disabled = true;
    ask(true);
  });
  place.append(root);
  ask(false);
  return () => {
    ended.abort();
    clearTimeout(later);
  };
};
