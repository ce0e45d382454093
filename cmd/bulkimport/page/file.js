// Step 3, a file: what is to be mended beside the rows, as in a spreadsheet.

import { copy, el, strange } from './dom.js';
import { get, post, download, query } from './api.js';
import { address } from './route.js';
import { tried, complain, calm, say, Refusal } from './trouble.js';
import { number, count, plural } from './words.js';
import { Grid } from './grid.js';
import { Faults } from './faults.js';
import { Edits } from './edits.js';
import { may } from './person.js';

const POLL = 300; // ms

const chosen = new Set(['plan_id', 'account_id']); // columns whose values the platform knows

class File {
  constructor(parts, id) {
    this.parts = parts;
    this.id = id;
    this.filter = { search: '', only: 'all', fault: '' };
    this.ended = new AbortController();
    this.steps = 0; // that the service can take back
    const choices = (column) => this.choices(column);
    this.faults = new Faults(parts.faults, parts.none, { apply: (f, value) => this.apply(f, value), remove: (f) => this.remove(f), show: (f) => this.showFault(f), choices });
    this.edits = new Edits(id, { saved: (file) => this.saved(file), waiting: (n, trouble) => this.waiting(n, trouble), refused: (trouble) => this.refused(trouble) });
    this.listen();
    this.ask();
  }

  end() {
    this.ended.abort();
    clearTimeout(this.later);
    clearTimeout(this.missing);
    this.edits.end();
    this.grid?.end();
  }

  listen() {
    const { parts } = this;
    parts.search.addEventListener('input', () => this.narrow({ search: parts.search.value.trim() }));
    parts.tools.addEventListener('change', (e) => e.target.name === 'only' && this.narrow({ only: e.target.value }));
    parts.tools.addEventListener('submit', (e) => e.preventDefault());
    parts.any.addEventListener('click', () => this.narrow({ fault: '' }));
    parts.reading.addEventListener('submit', (e) => { e.preventDefault(); this.read(); });
    parts.retry.addEventListener('click', () => this.edits.now());
    parts.menu.addEventListener('click', (e) => e.target.dataset.form && this.mended(e.target.dataset.form));
    parts.undo.addEventListener('click', () => this.undo());
    addEventListener('keydown', (e) => this.key(e), { signal: this.ended.signal });
    addEventListener('beforeunload', (e) => this.edits.open && e.preventDefault(), { signal: this.ended.signal });
  }

  async mended(form) {
    this.parts.menu.open = false;
    await tried(this.parts.trouble, async () => say(`${await download(`files/${this.id}/mended?form=${form}`)} is downloaded.`));
  }

  // ask asks for the file, and again as long as it is being checked.
  async ask() {
    clearTimeout(this.later);
    try {
      this.show(await get(`files/${this.id}`, this.ended.signal));
      calm(this.parts.trouble);
    } catch (trouble) {
      if (trouble.name === 'AbortError') return;
      complain(this.parts.trouble, trouble);
      if (trouble.lost) this.later = setTimeout(() => this.ask(), 10 * POLL);
    }
  }

  // show shows how the file stands. While it is checked once more what was shown stays.
  show(file) {
    const { parts } = this;
    const again = file.state === 'checking' && this.file?.state === 'checked';
    if (!again) this.file = file;
    this.edits.version = file.version;
    this.steps = file.undo;
    parts.name.replaceChildren(strange(file.name));
    document.title = `${file.name} – bulkimport`;
    parts.counts.replaceChildren(...this.counts(file));
    if (file.state === 'checking') this.later = setTimeout(() => this.ask(), POLL);
    if (again) return this.lead(file);
    parts.mend.hidden = file.state === 'unreadable';
    if (file.state === 'unreadable') this.unreadable(file);
    this.offerReading(file);
    this.faults.show(file.faults, file.columns, file.state === 'checking');
    this.openGrid();
    this.lead(file);
  }

  unreadable({ error }) {
    this.parts.counts.textContent = 'This file cannot be read.';
    complain(this.parts.trouble, new Refusal(error?.what ?? 'It is no table.', error?.hint ?? '', 422));
  }

  // offerReading asks how a workbook is to be read, where that is the question or was.
  offerReading({ faults, reading, sheets }) {
    const { parts } = this;
    const has = (...codes) => faults.some((f) => codes.includes(f.code));
    parts.sheet.hidden = sheets.length < 2 || !has('E_SHEET_AMBIGUOUS', 'E_SHEET_UNKNOWN', 'W_SHEET') && !reading.sheet;
    parts.sheets.replaceChildren(...sheets.map((name) => el('option', { value: name, selected: name === reading.sheet }, name)));
    parts.hiddenRows.hidden = !has('E_HIDDEN_ROWS', 'W_HIDDEN_ROWS', 'W_HIDDEN_SKIPPED');
    if (reading.hidden) parts.reading.elements.hidden.value = reading.hidden;
    parts.reading.hidden = parts.sheet.hidden && parts.hiddenRows.hidden;
  }

  async read() {
    const { parts } = this;
    const { sheet, hidden } = Object.fromEntries(new FormData(parts.reading));
    await tried(parts.trouble, async () => this.saved(await post(`files/${this.id}/reading`, { sheet: parts.sheet.hidden ? '' : sheet, hidden: hidden ?? '' })));
  }

  counts({ state, done, most, rows, valid, invalid, warned }) {
    const part = (n, words, kind) => (n ? el('span', { class: kind }, `${number(n)} ${words}`) : null);
    if (state === 'checking') return [el('span', { class: 'wait' }, done ? `Checking: ${number(done)} of at most ${count(most, 'row')}` : 'Checking …')];
    return [el('b', {}, count(rows, 'row')), part(valid, 'valid', 'good'), part(invalid, 'with errors', 'bad'), part(warned, 'with warnings', 'warning')].filter(Boolean);
  }

  // lead opens the way to the next step when there is something to import, and back when there is something to take back.
  lead(file = this.file) {
    const { parts } = this;
    parts.undo.disabled = this.steps + this.edits.steps <= 0;
    const ready = file?.state === 'checked' && file.valid > 0 && this.edits.open === 0;
    if (ready) parts.look.href = address('look', this.id);
    else parts.look.removeAttribute('href');
  }

  openGrid() {
    const columns = JSON.stringify(this.file.columns);
    if (this.file.columns.length === 0) return;
    if (columns !== this.columns) {
      this.columns = columns; // another sheet has others
      this.grid?.end();
      this.grid = new Grid(this.parts.grid, this.file.columns, {
        fixed: !may('import'),
        load: (from, n, signal) => this.load(from, n, signal),
        lost: (trouble) => this.lost(trouble),
        loaded: (total) => this.found(total),
        look: (cell) => this.why(cell),
        value: (row, c) => this.edits.value(row.row, this.file.columns[c].name) ?? row.cells[c] ?? '',
        save: (cells) => this.save(cells),
        choices: (c) => this.choices(this.file.columns[c].name),
        offers: ({ marks }) => marks.flatMap((m) => this.faultOf(m)?.offers ?? []),
      });
      this.grid.draw();
    } else this.grid.renew();
  }

  async load(from, n, signal) {
    const part = await get(`files/${this.id}/rows?` + query({ from, count: n, ...this.filter }), signal);
    if (this.missing) calm(this.parts.trouble);
    this.missing = null;
    return part;
  }

  // lost tells that rows could not be had, and has them asked for again.
  lost(trouble) {
    clearTimeout(this.missing);
    this.missing = setTimeout(() => this.grid?.draw(), 10 * POLL);
    complain(this.parts.trouble, trouble);
  }

  found(total) {
    const words = this.filter.search || this.filter.fault || this.filter.only !== 'all' ? `${count(total, 'row')} found` : count(total, 'row');
    if (this.parts.found.textContent !== words) this.parts.found.textContent = words;
  }

  narrow(change) {
    Object.assign(this.filter, change);
    const fault = this.file?.faults.find((f) => f.key === this.filter.fault);
    this.parts.only.hidden = !fault;
    if (fault) this.parts.onlyWords.replaceChildren('Only rows where: ', strange(fault.what));
    this.grid?.reset();
  }

  showFault(fault) {
    this.narrow({ fault: fault.key, search: '', only: 'all' });
    this.parts.search.value = '';
    this.parts.tools.elements.only.value = 'all';
    const column = this.file.columns.findIndex((c) => c.name === fault.column);
    this.grid.at.column = Math.max(0, column);
    this.grid.move(0, Math.max(0, column));
    this.parts.grid.scrollIntoView({ block: 'nearest' });
  }

  faultOf(mark) { return this.file.faults.find((f) => f.key === mark.fault); }

  // why tells what is amiss with the cell a person is at, and offers the mend.
  why(cell) {
    if (cell === null) this.parts.why.replaceChildren();
    if (!cell) return;
    const column = this.file.columns[cell.column];
    const head = el('p', { class: 'small' }, `Row ${number(cell.row.row)}, ${column.letter ?? ''} `, strange(column.heading || column.name));
    const marks = cell.marks.map((m) => el('div', { class: `mark ${m.severity}` },
      el('p', {}, el('span', { class: `badge ${m.severity}` }, m.severity), ' ', strange(m.what)), m.mend ? el('p', { class: 'hint' }, strange(m.mend)) : null, this.offers(cell, m)));
    const help = marks.length ? [] : [el('p', { class: 'small' }, may('import') ? 'Arrow keys move, Enter edits, Escape leaves it as it was, Delete empties, Ctrl-Z takes the last change back.' : 'Arrow keys move.')];
    this.parts.why.replaceChildren(head, ...marks, ...help);
  }

  offers(cell, mark) {
    const fault = this.faultOf(mark);
    if (!fault?.offers?.length || mark.column < 0 || !may('import')) return null;
    return el('p', { class: 'does' }, ...fault.offers.slice(0, 3).map((o) =>
      el('button', { type: 'button', class: 'offer', onclick: () => { this.save([[cell.row, cell.column, o.value]]); this.grid.rewrite(); this.grid.cellAt()?.focus(); } }, 'Use ', strange(o.label || o.value))));
  }

  choices(name) {
    if (!chosen.has(name)) return null;
    return (search, signal) => get(`files/${this.id}/choices?` + query({ column: name, search }), signal);
  }

  save(cells) {
    this.edits.cells(cells.map(([row, c, value]) => ({ row: row.row, column: this.file.columns[c].name, value })));
    this.lead();
  }

  undo() {
    if (this.parts.undo.disabled) return;
    this.edits.undo();
    this.lead();
    say('The last change is taken back.');
  }

  key(e) {
    const typing = e.target.closest('input, select');
    if (e.key.toLowerCase() !== 'z' || !(e.ctrlKey || e.metaKey) || e.shiftKey || e.altKey || typing || !may('import')) return;
    e.preventDefault();
    this.undo();
  }

  apply(fault, value) {
    this.edits.all(fault.key, value);
    this.lead();
    say(`${count(fault.count, 'row')} changed.`);
  }

  remove(fault) {
    this.edits.empty(fault.key);
    this.lead();
    say(`${count(fault.count, 'row')} deleted.`);
  }

  saved(file) {
    this.parts.unsaved.hidden = true;
    clearTimeout(this.later);
    this.show(file);
  }

  waiting(n, trouble) {
    this.parts.unsaved.hidden = false;
    this.parts.unsavedWords.replaceChildren(el('b', {}, `${count(n, 'change')} ${plural(n, 'is', 'are')} not kept yet. `), `${trouble.what} ${plural(n, 'It is', 'They are')} held here and tried again.`);
    this.lead();
  }

  async refused(trouble) {
    this.parts.unsaved.hidden = true;
    await this.ask(); // it is not as it was thought to be
    complain(this.parts.trouble, trouble);
    this.grid?.renew();
    this.grid?.rewrite();
  }
}

export const file = (place, id) => {
  const { root, parts } = copy('file');
  place.append(root);
  const shown = new File(parts, id);
  return () => shown.end();
};
