// All imports, with who and when.

import { copy, el, strange } from './dom.js';
import { get } from './api.js';
import { address } from './route.js';
import { tried } from './trouble.js';
import { number, moment } from './words.js';

export const going = (state) => state === 'waiting' || state === 'running' || state === 'stopping';

const line = (i) => el('tr', {},
  el('th', { scope: 'row' }, el('a', { href: address(going(i.state) ? 'watch' : 'after', i.id) }, strange(i.file)),
    i.uploaded_by && i.uploaded_by !== i.who ? el('span', { class: 'small' }, 'handed in by ', strange(i.uploaded_by)) : null),
  el('td', {}, strange(i.who)), el('td', {}, moment(i.started ?? i.queued)),
  el('td', {}, el('span', { class: `badge ${i.state}` }, i.state)),
  ...[i.rows, i.done, i.invalid, i.failed, i.unknown].map((n) => el('td', { class: 'num' }, number(n))));

export const history = (place) => {
  const { root, parts } = copy('history');
  place.append(root);
  tried(parts.trouble, async () => {
    const all = await get('imports');
    parts.none.hidden = all.length > 0;
    parts.table.hidden = all.length === 0;
    parts.imports.replaceChildren(...all.map(line));
  });
};
