package sqlite

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulkimport/csvimport/ledger"
)

// head reads what decides about a subscription's latest generation, nil if there
// is none.
func (t *tx) head(b *Book, sub string) (*head, error) {
	if t.journaled(b.n, sub) {
		if err := t.fold(); err != nil {
			return nil, err
		}
	}
	return t.headBy(b, queryHead, b.n, packed(sub))
}

func (t *tx) headBy(b *Book, query string, args ...any) (*head, error) {
	var s storedHead
	found, err := t.row(query, args, s.dest()...)
	if err != nil || !found {
		return nil, err
	}
	return s.complete(b.l.lives), nil
}

// Intend claims the subscription of e for the run: see [ledger.Run].
func (r *Run) Intend(ctx context.Context, e ledger.Entry) (ledger.Entry, bool, error) {
	if err := ledger.Intendable(&e); err != nil {
		return ledger.Entry{}, false, err
	}
	for {
		if err := r.ready(ctx); err != nil {
			return ledger.Entry{}, false, err
		}
		got, granted, err := r.intend(ctx, e)
		switch {
		case errors.Is(err, errLate):
			continue
		case err != nil:
			return ledger.Entry{}, false, err
		}
		return got, granted, nil
	}
}

func (r *Run) intend(ctx context.Context, e ledger.Entry) (got ledger.Entry, granted bool, err error) {
	now := r.b.l.machine.Now()
	key := entryKey{r.b.n, e.Sub}
	err = r.b.l.w.writeNew(ctx, key, r.in(func(t *tx) error {
		if !r.MaySend() {
			return refusal{errLate}
		}
		h, err := t.headOfNew(r.b, key)
		if err != nil {
			return err
		}
		var keep bool
		if got, keep, granted = ledger.Grant(h.rules(), e, r.id); !granted {
			got, err = t.entry(h.id)
			return err
		}
		if h == nil {
			t.journal(r.b.n, &got)
			r.first[got.Sub] = got.Gen
			return nil
		}
		if keep {
			was, err := t.entry(h.id)
			if err != nil {
				return err
			}
			if err := t.note(r, was.Sub, was.Gen, now, ledger.LastSend(&was)); err != nil {
				return err
			}
		}
		return t.update(h.id, &got)
	}))
	return got, granted, err
}

// headOfNew is head of the subscription of a first intent.
func (t *tx) headOfNew(b *Book, key entryKey) (*head, error) {
	if !t.job.known && !t.inserted && !t.journaled(key.platform, key.sub) {
		return nil, nil
	}
	return t.head(b, key.sub)
}

func (t *tx) note(r *Run, sub string, gen int, at time.Time, note string) error {
	return t.event(r.b.n, sub, ledger.Event{Time: at, Run: r.id, Gen: gen, Note: note})
}

func (t *tx) event(platform int64, sub string, e ledger.Event) error {
	_, err := t.exec(`INSERT INTO event (platform, sub, gen, run, at, note) VALUES (?, ?, ?, ?, ?, ?)`, platform, packed(sub), e.Gen, e.Run, millis(e.Time), e.Note)
	return err
}

// Record makes the new states of entries durable: see [ledger.Run].
func (r *Run) Record(ctx context.Context, note string, entries ...ledger.Entry) error {
	for i := range entries {
		if err := ledger.Recordable(&entries[i]); err != nil {
			return err
		}
	}
	if len(entries) == 0 {
		return nil
	}
	now := r.b.l.machine.Now()
	return r.write(ctx, func(t *tx) error {
		var c ledger.Conflict
		for i := range entries {
			if err := r.record(t, &entries[i], note, now, &c); err != nil {
				return err
			}
		}
		return refused(&c)
	})
}

// Recording queues the new state of an entry: see [ledger.Run].
func (r *Run) Recording(e ledger.Entry, done func(error)) {
	if err := ledger.Recordable(&e); err != nil {
		done(err)
		return
	}
	r.b.l.w.submit(&job{done: done, do: r.in(func(t *tx) error {
		var c ledger.Conflict
		if err := r.record(t, &e, "", time.Time{}, &c); err != nil {
			return err
		}
		return refused(&c)
	})})
}

// refused is the refusal of a write, nil if there is no conflict.
func refused(c *ledger.Conflict) error {
	if err := c.Err(); err != nil {
		return refusal{err}
	}
	return nil
}

func (r *Run) record(t *tx, said *ledger.Entry, note string, now time.Time, c *ledger.Conflict) error {
	if gen, ok := r.first[said.Sub]; ok {
		delete(r.first, said.Sub)
		if gen == said.Gen && note == "" && t.journaled(r.b.n, said.Sub) {
			intent := ledger.Head{Gen: gen, State: ledger.Intended, Run: r.id, Sends: 1, SentBy: r.id}
			if e, write, err := ledger.Outcome(&intent, &intent, *said, r.id); write && err == nil {
				t.journal(r.b.n, &e)
				return nil
			}
		}
	}
	latest, err := t.head(r.b, said.Sub)
	if err != nil {
		return err
	}
	have := latest
	if gen := ledger.Generation(latest.rules(), said); latest != nil && latest.Gen != gen {
		if have, err = t.headBy(r.b, queryHeadGen, r.b.n, packed(said.Sub), gen); err != nil {
			return err
		}
	}
	e, write, err := ledger.Outcome(latest.rules(), have.rules(), *said, r.id)
	if err != nil {
		c.Add(said.Sub, err)
		return nil
	}
	if !write {
		return nil
	}
	if have == nil {
		err = t.insert(r.b.n, &e, latest)
	} else {
		err = t.update(have.id, &e)
	}
	if err != nil || note == "" {
		return err
	}
	return t.note(r, e.Sub, e.Gen, now, note)
}

// Take takes an entry over from a run that has died: see [ledger.Run].
func (r *Run) Take(ctx context.Context, sub string, now time.Time) (e ledger.Entry, ok bool, err error) {
	err = r.write(ctx, func(t *tx) error {
		h, err := t.head(r.b, sub)
		if err != nil || h == nil {
			return err
		}
		if ok, err = r.take(t, h, now); err != nil {
			return err
		}
		e, err = t.entry(h.id)
		return err
	})
	if err != nil {
		return ledger.Entry{}, false, err
	}
	return e, ok, nil
}

// take writes what becomes of an entry that the run wants, and reports whether
// it has it.
func (r *Run) take(t *tx, h *head, now time.Time) (bool, error) {
	after, note, taken := ledger.TakeOver(h.Head, r.id, now)
	if !taken || h.Run == r.id {
		return taken, nil
	}
	if err := t.updateHead(h.id, &after); err != nil || note == "" {
		return true, err
	}
	return true, t.note(r, h.sub, h.Gen, r.b.l.machine.Now(), note)
}

// TakeOver takes over all that runs which have died hold: see [ledger.Run].
func (r *Run) TakeOver(ctx context.Context, now time.Time) error {
	return r.write(ctx, func(t *tx) error {
		if err := t.fold(); err != nil {
			return err
		}
		runs, err := t.numbers(queryHolders, r.b.n)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if run == r.id || r.b.l.lives.alive(run) {
				continue
			}
			if err := r.takeAll(t, run, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeAll takes over all that a run holds, some at a time.
func (r *Run) takeAll(t *tx, run int64, now time.Time) error {
	for last := int64(0); ; {
		some, err := t.heldBy(r.b, run, last)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, h := range some {
			if _, err := r.take(t, h, now); err != nil {
				return err
			}
			last = h.id
		}
	}
}

// heldBy reads the heads of some entries that a run holds, those after an id.
func (t *tx) heldBy(b *Book, run, after int64) (some []*head, err error) {
	rows, err := t.query(queryHeldBy, b.n, run, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s storedHead
		if err := rows.Scan(s.dest()...); err != nil {
			return nil, err
		}
		some = append(some, s.complete(b.l.lives))
	}
	return some, rows.Err()
}

// Reopen opens a new generation for each subscription: see [ledger.Run].
func (r *Run) Reopen(ctx context.Context, subs []string) error {
	subs = slices.Compact(slices.Sorted(slices.Values(subs)))
	now := r.b.l.machine.Now()
	return r.write(ctx, func(t *tx) error {
		type step struct {
			have *head
			next *ledger.Entry
			note string
		}
		var c ledger.Conflict
		var steps []step
		for _, sub := range subs {
			h, err := t.head(r.b, sub)
			if err != nil {
				return err
			}
			next, note, err := ledger.Reopen(h.rules(), sub, r.id)
			if err != nil {
				c.Add(sub, err)
			} else if next != nil {
				steps = append(steps, step{h, next, note})
			}
		}
		if err := refused(&c); err != nil {
			return err
		}
		for _, s := range steps {
			if err := t.insert(r.b.n, s.next, s.have); err != nil {
				return err
			}
			if err := t.note(r, s.next.Sub, s.next.Gen, now, s.note); err != nil {
				return err
			}
		}
		return nil
	})
}
