// Rows of a long table, fetched in blocks as they come into view.

const BLOCK = 100;
const KEPT = 60; // blocks

export class Blocks {
  // load(from, count, signal) answers {total, rows}; changed() is told of what has come, lost(trouble) of what has not.
  constructor(load, changed, lost) {
    this.load = load;
    this.changed = changed;
    this.lost = lost;
    this.total = 0;
    this.blocks = new Map();
    this.asked = new AbortController();
  }

  row(i) { return this.blocks.get(Math.floor(i / BLOCK))?.rows[i % BLOCK]; }

  // renew has everything fetched again, and shows what there was until then; clear shows nothing of it.
  renew() {
    this.asked.abort();
    this.asked = new AbortController();
    for (const block of this.blocks.values()) block.old = true;
  }

  clear() {
    this.renew();
    this.blocks.clear();
  }

  // need fetches what is missing of the rows from one to another.
  need(from, to) {
    for (let n = Math.floor(Math.max(0, from) / BLOCK); n * BLOCK < to; n++) {
      const block = this.blocks.get(n);
      if (!block || block.old) this.fetch(n, block?.rows ?? []);
    }
  }

  async fetch(n, until) {
    const { signal } = this.asked;
    this.blocks.delete(n); // the newest is the last
    this.blocks.set(n, { rows: until });
    this.drop();
    try {
      const { total, rows } = await this.load(n * BLOCK, BLOCK, signal);
      if (signal.aborted) return;
      this.total = total;
      this.blocks.set(n, { rows });
      this.changed();
    } catch (trouble) {
      if (signal.aborted) return;
      this.blocks.delete(n);
      this.lost(trouble);
    }
  }

  drop() {
    for (const n of this.blocks.keys()) {
      if (this.blocks.size <= KEPT) return;
      this.blocks.delete(n);
    }
  }
}
