// Edits on their way to the service: in order, each until it is kept there. They
// outlive a lost connection and a reload of the page; the browser's session
// holds them that long and no longer.

import { post } from './api.js';

const SLOWEST = 15_000; // ms between two tries

export class Edits {
  // does: saved(answer), waiting(n, trouble), refused(trouble)
  constructor(file, does) {
    this.file = file;
    this.does = does;
    this.key = `edits ${file}`;
    this.queue = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
    this.wait = 1000;
    this.sending = false;
    if (this.queue.length) this.send();
  }

  get open() { return this.queue.length; }

  // cell sets one cell; all sets the cells of all rows that have a fault.
  cell(row, column, value) { this.add({ edits: [{ row, column, value }] }); }

  all(fault, value) { this.add({ fault, value }); }

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
    this.keep();
    this.send();
  }

  keep() {
    if (this.queue.length) sessionStorage.setItem(this.key, JSON.stringify(this.queue));
    else sessionStorage.removeItem(this.key);
  }

  // batch is how many edits of single cells at the front go in one request.
  batch() {
    const n = this.queue.findIndex((e) => !e.edits);
    return Math.min(500, n < 0 ? this.queue.length : Math.max(1, n));
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
    const body = first[0].edits ? { edits: first.flatMap((e) => e.edits) } : first[0];
    const ended = await post(`files/${this.file}/edits`, body).then(
      (answer) => () => this.kept(answer, first.length),
      (trouble) => () => this.failed(trouble, first.length));
    this.sending = false;
    ended();
  }

  kept(answer, n) {
    this.drop(n);
    this.wait = 1000;
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
