// Step 6: how an import ended, and what can be taken along.

import { copy, el, strange, fact, item, paragraph } from './dom.js';
import { get, post, download, fetched, upload } from './api.js';
import { go, address } from './route.js';
import { tried, say } from './trouble.js';
import { number, count, moment, span, rowsWords } from './words.js';
import { going } from './history.js';

const order = ['completed', 'existing', 'submitted', 'differs', 'invalid', 'refused', 'failed', 'unknown', 'not-sent'];

const meant = { completed: 'done', existing: 'done before', submitted: 'ordered, not at its end yet', differs: 'an order exists and is not what the row asks for', invalid: 'left out: to be mended', refused: 'refused: nothing was created', failed: 'the order failed', unknown: 'an order may or may not exist', 'not-sent': 'not sent yet' };

const kind = (status) => (Object.hasOwn(meant, status) ? `s-${status}` : 's-other');

const sorted = (counts) => Object.entries(counts).filter(([, n]) => n > 0)
  .sort(([a], [b]) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));

const status = ([name, n]) => el('tr', {}, el('th', { scope: 'row' }, el('i', { class: `dot ${kind(name)}` }), strange(name), el('span', { class: 'small' }, meant[name] ?? '')), el('td', { class: 'num' }, number(n)));

const doubt = ({ row, tenant, sub_id: sub, look_from: from }) => el('tr', {}, el('td', { class: 'num' }, number(row)), el('td', {}, strange(tenant || sub)), el('td', {}, from ? moment(from) : 'now'));

const mendable = ['invalid', 'refused', 'failed', 'differs', 'not-sent'];

const verdict = (p, undone) => {
  if (p.state === 'stopped') return 'Stopped: it can go on';
  if (p.state === 'broken') return 'Broken off: it can go on';
  return undone ? `${count(undone, 'row is', 'rows are')} not done` : 'Every row is done';
};

const firstNames = [['order_number', 'Order'], ['sub_id', 'Subscription'], ['tenant', 'Tenant'], ['account', 'Target account'], ['account_name', 'Its name'], ['plan', 'Service plan']];

const showFirst = (parts, p) => {
  parts.first.hidden = !p.first;
  if (!p.first) return;
  parts.firstFacts.replaceChildren(...firstNames.filter(([name]) => p.first[name]).map(([name, words]) => fact(words, strange(p.first[name]))));
  parts.rest.href = address('look', p.file_id);
};

const cause = ({ status, rows, first_rows: first, what, do: mend }) => el('li', {},
  el('p', {}, el('i', { class: `dot ${kind(status)}` }), el('b', {}, `${number(rows)} ${status}`), what ? ': ' : '', strange(what)),
  el('p', { class: 'small' }, rowsWords(first, rows)), mend ? el('p', { class: 'hint' }, strange(mend)) : null);

const list = (section, place, all, line) => {
  section.hidden = all.length === 0;
  place.replaceChildren(...all.map(line));
};

const showCounts = (parts, all) => {
  const sum = all.reduce((n, [, rows]) => n + rows, 0);
  parts.counts.hidden = parts.strip.hidden = all.length === 0;
  parts.statuses.replaceChildren(...all.map(status));
  parts.strip.replaceChildren(...all.map(([name, n]) => {
    const part = el('span', { class: kind(name) });
    part.style.width = `${(100 * n) / sum}%`;
    return part;
  }));
};

// due is all that is to be done next.
const due = (next) => {
  if (next.length < 2) return next.map((words) => el('p', {}, 'Next: ', strange(words)));
  return [el('p', {}, 'Next:'), el('ul', {}, ...next.map(item))];
};

const showOutcome = (parts, { words, counts, causes, unknown, doubles, next, results }) => {
  showCounts(parts, sorted(counts));
  parts.words.replaceChildren(...words.map(paragraph));
  parts.next.replaceChildren(...due(next));
  list(parts.caused, parts.causes, causes, cause);
  list(parts.doubled, parts.doubles, doubles, item);
  list(parts.unknown, parts.doubts, unknown, doubt);
  parts.take.hidden = parts.audits.hidden = !results;
  parts.mendable.hidden = !mendable.some((name) => counts[name] > 0);
};

const none = { level: 'warning', words: [], counts: {}, causes: [], unknown: [], doubles: [], next: [], results: false };

const show = (parts, p) => {
  if (going(p.state)) return go('watch', p.id);
  const outcome = p.outcome ?? none;
  const { completed = 0, existing = 0 } = outcome.counts;
  const undone = Object.values(outcome.counts).reduce((n, rows) => n + rows, 0) - completed - existing;
  const took = p.started && p.ended ? `, ${span(new Date(p.ended) - new Date(p.started))}` : '';
  parts.name.replaceChildren(strange(p.file), ', ', strange(p.who), `, ${moment(p.started ?? p.queued)}${took}`);
  parts.acts.href = address('people', p.file);
  parts.verdict.textContent = verdict(p, undone);
  parts.lamp.className = 'lamp ' + outcome.level;
  showFirst(parts, p);
  showOutcome(parts, outcome);
  parts.goOn.hidden = p.state === 'ended' && undone === 0 || p.first?.completed === true;
  parts.all.hidden = false;
};

const goOn = async (parts, at) => {
  const said = new FormData(parts.goOn);
  const begun = await post(at + 'go-on', { last_import: said.get('last_import').trim(), resend_doubts: said.has('resend_doubts'), beside: said.has('beside') });
  go('watch', begun.import);
};

const FINDINGS = 100; // shown of an audit

const finding = (f) => el('li', {}, el('p', {}, el('span', { class: `badge ${f.severity}` }, f.severity), f.count > 1 ? ` ${number(f.count)} × ` : ' ', strange(f.what)),
  el('p', { class: 'small' }, f.first_rows.length ? rowsWords(f.first_rows, f.count) : ''), f.mend ? el('p', { class: 'hint' }, strange(f.mend)) : null);

const audit = async (parts, id) => {
  const { words, findings } = await post('audit', { file: id });
  parts.auditSaid.replaceChildren(...words.map(paragraph), 
    findings.length ? el('ul', { class: 'findings', tabindex: 0, 'aria-label': 'Findings' }, ...findings.slice(0, FINDINGS).map(finding)) : '',
    findings.length > FINDINGS ? el('p', { class: 'small' }, `and ${count(findings.length - FINDINGS, 'other kind')}`) : '');
};

export const after = (place, id) => {
  if (!id) return go('history');
  const { root, parts } = copy('after');
  const at = `imports/${id}/`;
  const act = (button, where, does) => button.addEventListener('click', async () => {
    button.disabled = true;
    await tried(where, does);
    button.disabled = false;
  });
  for (const button of root.querySelectorAll('[data-path]')) act(button, parts.taken, async () => say(`${await download(at + button.dataset.path)} is downloaded.`));
  act(parts.mendHere, parts.taken, async () => go('file', (await upload(await fetched(at + 'mend?form=csv'), () => {})).id));
  parts.report.href = `/api/${at}report`;
  act(parts.audit, parts.auditSaid, async () => {
    parts.auditSaid.textContent = 'Reading every order again …';
    await audit(parts, id);
  });
  parts.goOn.addEventListener('submit', (e) => {
    e.preventDefault();
    tried(parts.refused, () => goOn(parts, at));
  });
  place.append(root);
  tried(parts.trouble, async () => show(parts, await get(`imports/${id}`)));
};
