// Edits on their way to the service: in order, each until it is kept there. They
// outlive a lost connection and a reload of the page; the browser's session
// holds them that long and no longer.

import { post } from './api.js';

const SLOWEST = 15_000; // ms between two tries
const MOST = 5000; // cells in one request

export class Edits {
  // does: saved(answer), waiting(n, trouble), refused(trouble)
  constructor(file, does) {
    this.file = file;
    this.does = does;
    this.key = `edits ${file}`;
    this.version = 0; // of what the service has
    this.queue = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
    this.wait = 1000;
    this.sending = false;
    if (this.queue.length) this.send();
  }

  get open() { return this.queue.length; }

  // cells sets some, as one step; all sets the cells of all rows that have a fault; undo takes the last step back.
  cells(some) {
    const edits = some.map((edit, i) => ({ ...edit, more: i > 0 }));
    for (let i = 0; i < edits.length; i += MOST) this.queue.push({ edits: edits.slice(i, i + MOST) });
    this.begin();
  }

  all(fault, value) { this.add({ fault, value }); }

  // empty empties all rows that have a fault.
  empty(fault) { this.add({ fault, empty: true }); }

  undo() { this.add({ undo: true }); }

  // steps is how many more can be taken back than the service knows of.
  get steps() { return this.queue.reduce((n, { undo, edits }) => n + (undo ? -1 : edits?.[0].more ? 0 : 1), 0); }

  // value is what a cell will be once everything has been kept, undefined if that changes nothing.
  value(row, column) {
    for (const { edits } of this.queue.toReversed()) {
      const found = edits?.findLast((e) => e.row === row && e.column === column);
      if (found) return found.value;
    }
    return undefined;
  }

  add(edit) {
    this.queue.push(edit);
    this.begin();
  }

  begin() {
    this.keep();
    this.send();
  }

  keep() {
    if (this.queue.length) sessionStorage.setItem(this.key, JSON.stringify(this.queue));
    else sessionStorage.removeItem(this.key);
  }

  // batch is how many at the front go in one request: some that set cells, or one other.
  batch() {
    let n = 0, cells = 0;
    for (const { edits } of this.queue) {
      cells += edits?.length ?? MOST;
      if (n > 0 && cells > MOST) break;
      n++;
      if (!edits) break;
    }
    return n;
  }

  request(first) {
    if (first[0].undo) return post(`files/${this.file}/undo`, { version: this.version });
    return post(`files/${this.file}/edits`, first[0].edits ? { edits: first.flatMap((e) => e.edits) } : first[0]);
  }

  now() {
    clearTimeout(this.later);
    this.send();
  }

  async send() {
    if (this.sending || this.queue.length === 0) return;
    clearTimeout(this.later);
    this.sending = true;
    const first = this.queue.slice(0, this.batch());
    const ended = await this.request(first).then(
      (answer) => () => this.kept(answer, first.length),
      (trouble) => () => this.failed(trouble, first.length));
    this.sending = false;
    ended();
  }

  kept(answer, n) {
    this.drop(n);
    this.wait = 1000;
    this.version = answer.version;
    this.does.saved(answer);
    this.send();
  }

  drop(n) {
    this.queue.splice(0, n);
    this.keep();
  }

  failed(trouble, n) {
    if (trouble.lost || trouble.status === 401) {
      this.does.waiting(this.open, trouble);
      this.later = setTimeout(() => this.send(), this.wait);
      this.wait = Math.min(SLOWEST, this.wait * 2);
      return;
    }
    this.drop(n);
    this.does.refused(trouble);
    this.send();
  }

  end() { clearTimeout(this.later); }
}
