// Step 6: how an import ended, and what can be taken along.

import { copy, el, strange, fact, item, paragraph } from './dom.js';
import { get, post, download } from './api.js';
import { go } from './route.js';
import { tried, complain, say } from './trouble.js';
import { number, count, moment, span } from './words.js';
import { going } from './history.js';

const order = ['completed', 'existing', 'submitted', 'differs', 'invalid', 'refused', 'failed', 'unknown', 'not-sent'];

const meant = { completed: 'done', existing: 'done before', submitted: 'ordered, not at its end yet', differs: 'an order exists and is not what the row asks for', invalid: 'left out: to be mended', refused: 'refused: nothing was created', failed: 'the order failed', unknown: 'an order may or may not exist', 'not-sent': 'not sent yet' };

const kind = (status) => (Object.hasOwn(meant, status) ? `s-${status}` : 's-other');

const sorted = (counts) => Object.entries(counts).filter(([, n]) => n > 0)
  .sort(([a], [b]) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));

const status = ([name, n]) => el('tr', {}, el('th', { scope: 'row' }, el('i', { class: `dot ${kind(name)}` }), strange(name), el('span', { class: 'small' }, meant[name] ?? '')), el('td', { class: 'num' }, number(n)));

const doubt = ({ row, tenant, look_from: from }) => el('tr', {}, el('td', { class: 'num' }, number(row)), el('td', {}, strange(tenant)), el('td', {}, moment(from)));

const undone = (p) => p.total - p.done;

const verdict = (p) => {
  if (p.state === 'stopped') return 'Stopped: it can go on';
  if (p.state === 'broken') return 'Broken off: it can go on';
  return undone(p) ? `${number(undone(p))} of ${count(p.total, 'row')} not done` : 'Every row is done';
};

const firstNames = { order_number: 'Order', subscription: 'Subscription', sub_id: 'Subscription', tenant: 'Tenant', account: 'Target account', account_name: 'Target account', plan_name: 'Service plan', status: 'Status' };

const showFirst = (parts, p) => {
  parts.first.hidden = !p.first;
  if (!p.first) return;
  parts.firstFacts.replaceChildren(...Object.entries(p.first).filter(([name, value]) => value && firstNames[name]).map(([name, value]) => fact(firstNames[name], strange(value))));
  parts.firstForm.addEventListener('submit', (e) => {
    e.preventDefault();
    go('look', p.file, p.first.order_number);
  });
};

const showOutcome = (parts, { words, counts, unknown, doubles, next }) => {
  const all = sorted(counts);
  const sum = all.reduce((n, [, rows]) => n + rows, 0);
  parts.counts.hidden = all.length === 0;
  parts.statuses.replaceChildren(...all.map(status));
  parts.strip.replaceChildren(...all.map(([name, n]) => {
    const part = el('span', { class: kind(name) });
    part.style.width = `${(100 * n) / sum}%`;
    return part;
  }));
  parts.words.replaceChildren(...words.map(paragraph));
  parts.next.replaceChildren(...(next ? ['Next: ', strange(next)] : []));
  parts.doubled.hidden = doubles.length === 0;
  parts.doubles.replaceChildren(...doubles.map((d) => item(typeof d === 'string' ? d : Object.values(d).join(', '))));
  parts.unknown.hidden = unknown.length === 0;
  parts.doubts.replaceChildren(...unknown.map(doubt));
  parts.mendable.hidden = !(counts.invalid || counts.refused);
};

const show = (parts, p) => {
  if (going(p.state)) return go('watch', p.id);
  const took = p.ended ? `, ${span(new Date(p.ended) - new Date(p.started))}` : '';
  parts.name.replaceChildren(strange(p.name || p.file), ', ', strange(p.who), `, ${moment(p.started)}${took}`);
  parts.verdict.textContent = verdict(p);
  parts.lamp.className = 'lamp ' + (p.state === 'ended' && !undone(p) ? 'good' : 'warning');
  showFirst(parts, p);
  if (p.outcome) showOutcome(parts, p.outcome);
  parts.goOn.hidden = p.state === 'ended' && !undone(p) || Boolean(p.first);
  parts.all.hidden = false;
};

const finding = (f) => (typeof f === 'string' ? item(f) : el('li', {}, el('b', {}, strange(f.what)), f.hint || f.mend ? el('p', { class: 'small' }, strange(f.hint || f.mend)) : null));

const audit = async (parts, file) => {
  const { words, findings } = await post('audit', { file });
  parts.auditSaid.replaceChildren(...words.map(paragraph), findings.length ? el('ul', {}, ...findings.map(finding)) : '');
};

export const after = (place, id) => {
  if (!id) return go('history');
  const { root, parts } = copy('after');
  const at = `imports/${id}/`;
  let shown = null;
  const act = (button, where, does) => button.addEventListener('click', async () => {
    button.disabled = true;
    await tried(where, does);
    button.disabled = false;
  });
  for (const button of root.querySelectorAll('[data-path]')) act(button, parts.taken, async () => say(`${await download(at + button.dataset.path)} is downloaded.`));
  parts.report.href = `/api/${at}report`;
  act(parts.audit, parts.auditSaid, async () => {
    parts.auditSaid.textContent = 'Reading every order again …';
    await audit(parts, shown.file);
  });
  act(parts.goOn, parts.trouble, async () => go('watch', (await post(at + 'go-on')).import));
  place.append(root);
  get(`imports/${id}`).then((p) => {
    shown = p;
    show(parts, p);
  }, (trouble) => complain(parts.trouble, trouble));
};
