// A table as a spreadsheet shows it, of any length: only the rows in view are
// drawn. Arrow keys move, Enter edits; what a cell's edit is the caller says.

import { el, strange } from './dom.js';
import { number } from './words.js';
import { Blocks } from './blocks.js';
import { edit } from './editor.js';

const ROW = 34; // px, as in grid.css
const BESIDE = 3; // rows drawn above and below what is in view
const TALLEST = 8_000_000; // px: browsers draw no element of any height; beyond it scrolling takes longer steps

const ids = new Set(['plan_id', 'sub_id']);
const widths = { tenant: 250, plan_id: 292, sub_id: 292, company_name: 200, email: 230, account_id: 130, cut_off_date: 150 };

export class Grid {
  // does: fixed (nothing can be changed), load(from, count, signal), lost(trouble), loaded(total), look(cell), value(row, column), save([[row, column, text]]), choices(column) -> search or null, offers(cell)
  constructor(root, columns, does) {
    this.root = root;
    this.columns = columns;
    this.does = does;
    this.at = { row: 0, column: 0 };
    this.lines = new Map(); // index -> element
    this.editor = null;
    this.ended = new AbortController();
    this.blocks = new Blocks(does.load, () => this.soon(), does.lost);
    this.build();
  }

  get total() { return this.blocks.total; }

  build() {
    this.head = el('div', { class: 'line names', role: 'row', 'aria-rowindex': 1 }, el('div', { class: 'cell no', role: 'columnheader', 'aria-colindex': 1 }, 'Row'),
      ...this.columns.map((c, i) => el('div', { class: 'cell', role: 'columnheader', 'aria-colindex': i + 2 }, el('span', { class: 'letter' }, c.letter ?? ''), strange(c.heading || c.name))));
    this.body = el('div', { class: 'body', role: 'rowgroup' });
    this.root.setAttribute('role', 'grid');
    this.root.setAttribute('tabindex', -1);
    this.root.setAttribute('aria-readonly', this.does.fixed);
    this.root.setAttribute('aria-label', 'Rows of the file');
    this.root.setAttribute('aria-colcount', this.columns.length + 1);
    this.root.style.setProperty('--columns', ['64px', ...this.columns.map((c) => `${widths[c.name] ?? 160}px`)].join(' '));
    this.root.replaceChildren(el('div', { role: 'rowgroup', class: 'heads' }, this.head), this.body);
    const heard = {
      scroll: () => this.soon(), keydown: (e) => this.key(e), mousedown: (e) => this.point(e), dblclick: (e) => this.cellOf(e.target) && this.edit(),
      focusin: (e) => this.arrive(e), copy: (e) => this.copy(e), paste: (e) => this.paste(e),
    };
    for (const [name, does] of Object.entries(heard)) this.root.addEventListener(name, does, { signal: this.ended.signal });
    this.sizes = new ResizeObserver(() => this.soon());
    this.sizes.observe(this.root);
  }

  end() {
    this.editor?.close();
    this.sizes.disconnect();
    this.ended.abort();
    this.blocks.clear();
  }

  // reset shows other rows, from the first on; renew the same ones, as they are now.
  reset() {
    this.editor?.close();
    this.blocks.renew();
    this.root.scrollTop = 0;
    this.at.row = 0;
    this.draw();
  }

  renew() {
    this.blocks.renew();
    this.draw();
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  // view is which rows are to be seen, in parts of rows.
  view() {
    const tall = Math.max(0, this.root.clientHeight - this.head.offsetHeight);
    const height = Math.min(this.total * ROW, TALLEST);
    const fits = tall / ROW;
    const way = height - tall;
    const top = this.root.scrollTop;
    const from = way > 0 ? Math.min(1, top / way) * (this.total - fits) : 0;
    return { height, way, top, from, fits };
  }

  draw() {
    const held = this.body.contains(document.activeElement);
    const { height, top, from, fits } = this.view(); // measured before anything is changed: else each line makes the browser measure again
    this.body.style.height = `${height}px`;
    const first = Math.max(0, Math.floor(from) - BESIDE);
    const end = Math.max(Math.min(this.total, Math.ceil(from + fits) + BESIDE), this.total ? 0 : 1);
    this.blocks.need(first, end);
    if (this.total !== this.told) {
      this.told = this.total;
      this.root.setAttribute('aria-rowcount', this.total + 1);
      this.at.row = Math.max(0, Math.min(this.at.row, this.total - 1));
    }
    this.does.loaded(this.total);
    if (this.total === 0) this.does.look(null);
    const wanted = new Set(this.at.row < this.total ? [this.at.row] : []);
    for (let i = first; i < Math.min(end, this.total); i++) wanted.add(i);
    for (const [i, line] of this.lines) if (!wanted.has(i)) this.drop(i, line);
    for (const i of wanted) this.place(i, top + (i - from) * ROW);
    if (held && !this.body.contains(document.activeElement)) (this.cellAt() ?? this.root).focus({ preventScroll: true });
    if (this.eager && this.total > 0) this.move(...this.eager);
  }

  drop(i, line) {
    line.remove();
    this.lines.delete(i);
  }

  place(i, top) {
    let line = this.lines.get(i);
    if (!line) {
      line = el('div', { class: 'line', role: 'row', 'aria-rowindex': i + 2 });
      this.lines.set(i, line);
      this.body.append(line);
    }
    line.style.transform = `translateY(${top}px)`;
    this.write(i, line);
  }

  // write fills a line, if what it shows is not there yet.
  write(i, line) {
    const row = this.blocks.row(i);
    const drawn = line.childElementCount > (row || i === this.at.row ? 1 : 0);
    if (line.row === row && drawn || this.editor?.line === line) return;
    const held = line.contains(document.activeElement);
    line.row = row;
    line.classList.toggle('missing', !row);
    const columns = row || i === this.at.row ? this.columns : []; // what only flies past needs no cells
    line.replaceChildren(el('div', { class: 'cell no', role: 'rowheader', 'aria-colindex': 1 }, row ? number(row.row) : '…'), ...columns.map((_, c) => this.cell(row, i, c)));
    if (row?.marks.some((m) => m.column < 0)) line.firstChild.classList.add('error');
    if (held) this.cellAt()?.focus({ preventScroll: true });
    if (i === this.at.row && row) this.does.look(this.here());
  }

  cell(row, i, c) {
    const marks = row ? this.marks(row, c) : [];
    const bad = marks.some((m) => m.severity === 'error');
    return el('div', { role: 'gridcell', 'aria-colindex': c + 2, tabindex: i === this.at.row && c === this.at.column ? 0 : -1,
      class: ['cell', ids.has(this.columns[c].name) ? 'id' : '', bad ? 'error' : marks.length ? 'warning' : '', row?.edited?.includes(c) ? 'edited' : ''].filter(Boolean).join(' '),
      'aria-invalid': bad ? 'true' : null, 'aria-describedby': marks.length ? 'why' : null }, row ? strange(this.does.value(row, c)) : '');
  }

  marks(row, c) { return row.marks.filter((m) => m.column === c); }

  // here is the cell a person is at, with its row; undefined as long as the row is not there.
  here() {
    const row = this.blocks.row(this.at.row);
    return row && { row, column: this.at.column, marks: [...this.marks(row, this.at.column), ...this.marks(row, -1)] };
  }

  cellAt() { return this.lines.get(this.at.row)?.children[this.at.column + 1]; }

  cellOf(node) {
    const cell = node.closest('[role=gridcell]');
    return cell && this.root.contains(cell) ? cell : null;
  }

  placeOf(cell) { return { row: cell.parentElement.getAttribute('aria-rowindex') - 2, column: cell.getAttribute('aria-colindex') - 2 }; }

  point(e) {
    const cell = this.cellOf(e.target);
    if (!cell || cell.contains(this.editor?.input)) return;
    e.preventDefault();
    const { row, column } = this.placeOf(cell);
    this.move(row, column);
  }

  arrive(e) {
    const cell = this.cellOf(e.target);
    if (!cell || this.editor) return;
    const to = this.placeOf(cell);
    if (to.row !== this.at.row || to.column !== this.at.column) this.stand(to);
    this.root.classList.add('has');
    this.does.look(this.here());
  }

  stand(to) {
    this.cellAt()?.setAttribute('tabindex', -1);
    this.at = to;
    this.cellAt()?.setAttribute('tabindex', 0);
  }

  // move goes to a cell and brings it into view.
  move(row, column) {
    this.eager = this.total === 0 ? [row, column] : null; // as soon as there are rows
    if (this.eager) return;
    this.editor?.keep();
    this.stand({ row: Math.max(0, Math.min(row, this.total - 1)), column: Math.max(0, Math.min(column, this.columns.length - 1)) });
    this.reveal();
    this.draw();
    this.cellAt()?.focus({ preventScroll: true });
    this.does.look(this.here());
  }

  reveal() {
    const { way, from, fits } = this.view();
    const row = this.at.row;
    const to = row < from ? row : row + 1 > from + fits ? row + 1 - fits : from;
    if (to !== from) this.root.scrollTop = to / (this.total - fits) * way;
    const cell = this.cellAt();
    if (!cell) return;
    const fixed = cell.parentElement.firstChild.offsetWidth;
    if (cell.offsetLeft - fixed < this.root.scrollLeft) this.root.scrollLeft = cell.offsetLeft - fixed;
    else this.root.scrollLeft = Math.max(this.root.scrollLeft, cell.offsetLeft + cell.offsetWidth - this.root.clientWidth);
  }

  key(e) {
    if (this.editor || e.altKey || !this.total) return;
    const { row, column } = this.at;
    const page = Math.max(1, Math.floor(this.view().fits) - 1);
    const far = e.ctrlKey || e.metaKey;
    const to = {
      ArrowUp: [far ? 0 : row - 1, column], ArrowDown: [far ? this.total : row + 1, column],
      ArrowLeft: [row, far ? 0 : column - 1], ArrowRight: [row, far ? this.columns.length : column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [far ? 0 : row, 0], End: [far ? this.total : row, this.columns.length],
    }[e.key];
    if (to) this.move(...to);
    else if (e.key === 'Enter' || e.key === 'F2') this.edit();
    else if (e.key === 'Delete' || e.key === 'Backspace') this.save('');
    else if (e.key.length === 1 && !far && e.key !== ' ') this.edit(e.key);
    else return;
    e.preventDefault();
  }

  save(text) {
    const cell = this.here();
    if (this.does.fixed || !cell || text === this.does.value(cell.row, cell.column)) return;
    this.does.save([[cell.row, cell.column, text]]);
    this.rewrite();
  }

  // rewrite shows what has been changed here before the service has answered.
  rewrite() {
    for (const [i, line] of this.lines) {
      line.row = null;
      this.write(i, line);
    }
  }

  // edit opens the editor in the cell, with its text or with the one typed.
  edit(typed) {
    const cell = this.here();
    if (this.does.fixed || !cell) return;
    const node = this.cellAt();
    this.editor = edit(node, {
      text: typed ?? this.does.value(cell.row, cell.column), name: this.columns[cell.column].heading || this.columns[cell.column].name,
      typed: typed !== undefined, search: this.does.choices(cell.column), offers: this.does.offers(cell),
      done: (text, down, right) => this.edited(cell, text, down, right),
    });
    this.editor.line = node.parentElement;
  }

  // edited takes what the editor leaves (null: nothing) and moves on.
  edited(cell, text, down, right) {
    const line = this.editor.line;
    this.editor = null;
    if (text !== null && text !== this.does.value(cell.row, cell.column)) this.does.save([[cell.row, cell.column, text]]);
    line.row = null;
    this.draw();
    if (down !== undefined) this.move(this.at.row + down, this.at.column + right);
  }

  copy(e) {
    const cell = this.here();
    if (this.editor || !cell) return;
    e.clipboardData.setData('text/plain', this.does.value(cell.row, cell.column));
    e.preventDefault();
  }

  // paste fills cells from this one on with what was copied from a spreadsheet.
  paste(e) {
    if (this.editor || this.does.fixed || !this.here()) return;
    e.preventDefault();
    const lines = e.clipboardData.getData('text/plain').replace(/\r?\n$/, '').split(/\r?\n/);
    const cells = [];
    lines.forEach((line, down) => line.split('\t').forEach((text, right) => {
      const row = this.blocks.row(this.at.row + down), column = this.at.column + right;
      if (row && column < this.columns.length && text !== this.does.value(row, column)) cells.push([row, column, text]);
    }));
    if (cells.length > 0) this.does.save(cells);
    this.rewrite();
  }
}
