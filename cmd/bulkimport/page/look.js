// Step 4: what will happen, before anything is sent.

import { copy, el, strange, fact, item, paragraph } from './dom.js';
import { get, post, query } from './api.js';
import { go, address } from './route.js';
import { tried, complain, calm } from './trouble.js';
import { number, count, moment } from './words.js';

const charge = ({ plan, name, orders, money }) => el('tr', {},
  el('th', { scope: 'row' }, strange(name || plan)), el('td', { class: 'num' }, number(orders)), el('td', {}, strange(money || 'not known')));

const elsewhere = new Set(['service plan', 'warnings', 'first day']); // these have a place of their own

const facts = (all) => all.filter((f) => !elsewhere.has(f.name)).map((f) => fact(f.name[0].toUpperCase() + f.name.slice(1), strange(f.value)));

// ask shows a part with a question, and lets it be answered.
const ask = (part, asked) => {
  part.hidden = !asked;
  for (const input of part.querySelectorAll('input')) input.disabled = !asked;
};

const doubts = (parts, d) => {
  ask(parts.doubts, d?.old > 0);
  if (d) parts.doubtWords.textContent = `Send again those of ${count(d.old, 'row')}, sent without an answer since ${moment(d.since)}, for which no order is found`;
};

const button = (p) => {
  if (p.first_day && !p.first_day.first) return 'Place the first order';
  return p.orders ? 'Import' : 'Look the rows up';
};

const show = (parts, p) => {
  parts.facts.replaceChildren(...facts(p.facts));
  parts.plans.replaceChildren(...p.charges.map(charge));
  parts.charges.hidden = p.charges.length === 0;
  parts.warned.hidden = p.warnings.length === 0;
  parts.warnings.replaceChildren(...p.warnings.map(item));
  parts.title.textContent = p.first_day ? 'First day' : 'Import';
  parts.first.hidden = !p.first_day;
  parts.first.replaceChildren(...(p.first_day?.words ?? []).map(paragraph));
  ask(parts.lookedAt, p.first_day?.first);
  ask(parts.lost, p.last_import !== null);
  parts.lostWords.replaceChildren(strange(p.last_import ?? ''));
  doubts(parts, p.doubts);
  ask(parts.typed, p.orders > 0);
  parts.go.textContent = button(p);
  parts.all.hidden = false;
};

const begin = async (parts, id, p) => {
  const said = new FormData(parts.form);
  const text = (name) => String(said.get(name) ?? '').trim();
  const begun = await post(`files/${id}/import`, {
    typed: text('typed'), checked: text('checked'), last_import: text('last_import'), first_only: Boolean(p.first_day && !p.first_day.first),
  });
  go('watch', begun.import);
};

// ways shows what can be done about a file that cannot be imported as it is.
const ways = async (parts, id, allowed, signal) => {
  const file = await get(`files/${id}?wait=1`, signal);
  parts.way.hidden = false;
  parts.skip.hidden = Boolean(allowed.skip_invalid) || !(file.invalid > 0 && file.valid > 0);
  parts.meant.hidden = Boolean(allowed.contradictions) || !file.faults.some((f) => f.code === 'E_ACCOUNT_OF_OTHER_ROW');
};

export const look = (place, id) => {
  if (!id) return go('file');
  const { root, parts } = copy('look');
  const ended = new AbortController();
  const allowed = {};
  let will = null;
  parts.back.href = parts.mend.href = address('file', id);
  const foresee = async () => {
    calm(parts.trouble);
    parts.way.hidden = true;
    parts.wait.hidden = false;
    parts.go.disabled = true;
    try {
      will = await get(`files/${id}/preview?` + query(allowed), ended.signal);
      show(parts, will);
    } catch (trouble) {
      if (trouble.name === 'AbortError') return;
      parts.all.hidden = true;
      complain(parts.trouble, trouble);
      if (trouble.status === 409) await tried(el('div'), () => ways(parts, id, allowed, ended.signal));
    }
    parts.wait.hidden = true;
    parts.go.disabled = false;
  };
  const allow = (name, yes) => {
    if (yes) allowed[name] = 1;
    else delete allowed[name];
    foresee();
  };
  parts.skip.addEventListener('click', () => allow('skip_invalid', true));
  parts.meant.addEventListener('click', () => allow('contradictions', true));
  parts.form.addEventListener('change', (e) => e.target.name === 'resend' && allow('resend_doubts', e.target.checked));
  parts.form.addEventListener('submit', async (e) => {
    e.preventDefault();
    parts.go.disabled = true;
    await tried(parts.refused, () => begin(parts, id, will));
    parts.go.disabled = false;
  });
  place.append(root);
  foresee();
  return () => ended.abort();
};
