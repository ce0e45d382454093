// Step 4: what will happen, before anything is sent.

import { copy, el, strange, fact, item, paragraph } from './dom.js';
import { get, post, query } from './api.js';
import { go, address } from './route.js';
import { tried, complain } from './trouble.js';
import { number, count, moment } from './words.js';

const charge = ({ plan, name, orders, money }) => el('tr', {}, el('th', { scope: 'row' }, strange(name || plan)), el('td', { class: 'num' }, number(orders)), el('td', { class: 'num' }, strange(money)));

const facts = (p) => [
  fact('Orders to place', el('b', {}, number(p.orders))),
  p.already ? fact('Imported or ordered already', count(p.already, 'row')) : null,
  p.accounts ? fact('Target accounts', typeof p.accounts === 'number' ? number(p.accounts) : strange(p.accounts)) : null,
  p.held_until ? fact('Held', `until ${moment(p.held_until)}: orders of another import may still turn up`) : null,
].filter(Boolean);

const list = (section, place, all) => {
  section.hidden = all.length === 0;
  place.replaceChildren(...all.map(item));
};

const show = (parts, p) => {
  parts.facts.replaceChildren(...facts(p));
  parts.plans.replaceChildren(...p.charges.map(charge));
  parts.charges.hidden = p.charges.length === 0;
  list(parts.warned, parts.warnings, p.warnings);
  parts.first.hidden = !p.first_day;
  parts.firstWords.replaceChildren(...(p.first_day?.words ?? []).map(paragraph));
  parts.typed.hidden = p.ask === '';
  parts.number.disabled = p.ask === '';
  parts.go.textContent = p.first_day ? 'Place the first order' : p.orders ? 'Import' : 'Look the rows up';
  parts.all.hidden = false;
};

const start = async (parts, id, checked, p) => {
  const typed = parts.number.value.replace(/[ ,.]/g, '');
  const begun = await post(`files/${id}/import`, { typed, first_only: p.first_day !== null, checked });
  go('watch', begun.import);
};

export const look = (place, id, checked = '') => {
  const { root, parts } = copy('look');
  const ended = new AbortController();
  let will = null;
  parts.back.href = address('file', id);
  parts.form.addEventListener('submit', async (e) => {
    e.preventDefault();
    parts.go.disabled = true;
    await tried(parts.refused, () => start(parts, id, checked, will));
    parts.go.disabled = false;
  });
  place.append(root);
  const ask = async () => {
    try {
      will = await get(`files/${id}/preview?` + query({ checked }), ended.signal);
      show(parts, will);
    } catch (trouble) {
      if (trouble.name !== 'AbortError') complain(parts.trouble, trouble);
    }
    parts.wait.hidden = true;
  };
  ask();
  return () => ended.abort();
};
