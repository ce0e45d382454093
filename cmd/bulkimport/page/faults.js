// What is to be mended, equal faults as one: what, where, why, and one mend for all of them.

import { el, strange } from './dom.js';
import { combobox } from './combobox.js';
import { may } from './person.js';
import { count, number, rowsWords } from './words.js';

const SHOWN = 100;
const OFFERED = 3;

const all = (f) => (f.count === 1 ? 'Apply' : `Apply to all ${number(f.count)}`);

const where = (f, letter) => {
  const cell = f.column ? `column ${letter ? letter + ' ' : ''}${f.column}` : '';
  const rows = f.first_rows?.length ? rowsWords(f.first_rows, f.count) : '';
  return [cell, rows].filter(Boolean).join(', ');
};

const offer = (f, o, does) => el('button', { type: 'button', class: 'offer', onclick: () => does.apply(f, o.value) },
  f.count === 1 ? 'Use ' : `Use in all ${number(f.count)}: `, strange(o.label || o.value));

// field is where another value can be typed, or chosen where there are choices.
const field = (f, does) => {
  const input = el('input', { 'aria-label': `Another value for ${f.column}, ${count(f.count, 'row')}`, autocomplete: 'off', spellcheck: 'false', placeholder: 'another value' });
  let chosen = null;
  const search = does.choices(f.column);
  if (search) {
    const list = combobox(input, { search, offers: f.offers ?? [], pick: (option) => { chosen = option; input.value = option.label; } });
    input.addEventListener('click', () => list.open(''));
  }
  const apply = (e) => {
    e.preventDefault();
    does.apply(f, chosen && chosen.label === input.value ? chosen.value : input.value.trim());
  };
  return el('form', { class: 'apply', onsubmit: apply }, input, el('button', {}, all(f)));
};

const spare = new Set(['E_DUPLICATE_SUB_ID', 'E_NOT_A_ROW', 'E_HEADER_REPEATED']); // rows that are deleted, as a rule

const away = (f, does) => el('button', { type: 'button', class: 'offer', onclick: () => does.remove(f) }, f.count === 1 ? `Delete row ${f.first_rows[0]}` : `Delete all ${number(f.count)} rows`);

const mends = (f, does) => {
  if (f.whole || !may('import')) return null;
  if (!f.column) return spare.has(f.code) ? el('div', { class: 'mends' }, away(f, does)) : null;
  const parts = [...(spare.has(f.code) ? [away(f, does)] : []), ...(f.offers ?? []).slice(0, OFFERED).map((o) => offer(f, o, does)), field(f, does)];
  if (f.severity === 'error') return el('div', { class: 'mends' }, ...parts);
  return el('details', { class: 'mends' }, el('summary', {}, 'Change it'), ...parts);
};

const line = (f, letter, does) => el('li', { class: `card fault ${f.severity}`, tabindex: -1 },
  el('p', { class: 'what' }, el('span', { class: `badge ${f.severity}` }, f.severity), ' ', f.count > 1 ? el('b', { class: 'times' }, number(f.count) + ' ×') : null, ' ', strange(f.what)),
  el('p', { class: 'small' }, strange(where(f, letter)), ' ', f.first_rows?.length && !f.whole ? el('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false', onclick: () => does.show(f) }, 'Show') : null),
  f.mend ? el('p', { class: 'hint' }, strange(f.mend)) : null,
  mends(f, does));

// Faults is the list. A line that says the same as before stays as it is, with what is typed in it.
export class Faults {
  // does: apply(fault, value), remove(fault), show(fault), choices(column) -> search or null
  constructor(root, none, does) {
    this.root = root;
    this.none = none;
    this.does = { ...does, apply: (f, value) => this.once(f, () => does.apply(f, value)), remove: (f) => this.once(f, () => does.remove(f)) };
    this.lines = new Map(); // key -> {said, node}
    this.held = null; // the line of the mend that was said last
  }

  // once says a mend, once only: until the file has been checked with it the line takes no other.
  once(f, mend) {
    const { node } = this.lines.get(f.key);
    if (node.inert) return;
    node.inert = true;
    this.held = node;
    mend();
  }

  show(faults, columns, checking) {
    const letters = new Map(columns.map((c) => [c.name, c.letter]));
    const shown = faults.slice(0, SHOWN);
    const nodes = shown.map((f) => this.line(f, letters.get(f.column)));
    for (const key of this.lines.keys()) if (!shown.some((f) => f.key === key)) this.lines.delete(key);
    if (!checking) for (const node of nodes) node.inert = false;
    this.settle(nodes);
    const more = faults.length - shown.length;
    this.none.textContent = faults.length === 0 ? (checking ? 'Being checked …' : 'Nothing: all rows are as they should be.') : more > 0 ? `The first ${SHOWN} of ${count(faults.length, 'kind')}` : '';
  }

  // settle puts the lines in order, and moves none that is where it should be: a line that moves loses the focus.
  settle(nodes) {
    const wanted = new Set(nodes);
    const at = [...this.root.children].indexOf(this.held);
    for (const node of [...this.root.children]) if (!wanted.has(node)) node.remove();
    nodes.forEach((node, i) => { if (this.root.children[i] !== node) this.root.insertBefore(node, this.root.children[i] ?? null); });
    if (at >= 0 && !this.held.isConnected) this.rest(at);
  }

  // rest leads to what follows a line that is mended and gone.
  rest(at) {
    this.held = null;
    if (document.activeElement !== document.body) return;
    (this.root.children[Math.min(at, this.root.childElementCount - 1)] ?? this.none).focus();
  }

  line(f, letter) {
    const said = JSON.stringify([f, letter]);
    const known = this.lines.get(f.key);
    if (known?.said === said) return known.node;
    const node = line(f, letter, this.does);
    this.lines.set(f.key, { said, node });
    return node;
  }
}
