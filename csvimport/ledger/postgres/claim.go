package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulkimport/csvimport/ledger"
)

// errLate is that a grant would be good no longer.
var errLate = errors.New("the run's lease has not been renewed in time")

// Intend claims the subscription of e for the run: see [ledger.Run].
func (r *Run) Intend(ctx context.Context, e ledger.Entry) (got ledger.Entry, granted bool, err error) {
	if err := ledger.Intendable(&e); err != nil {
		return ledger.Entry{}, false, err
	}
	for {
		if !r.MaySend() { // it has slept, or was kept from its server
			if err := r.b.l.try(ctx, r.extend); err != nil {
				return ledger.Entry{}, false, err
			}
		}
		err := r.write(ctx, &job{subs: []string{e.Sub}, new: e.Sends == 0 && e.Gen <= 1, do: func(b *batch) error {
			if !r.MaySend() {
				return errLate
			}
			got, granted = b.intend(e)
			return nil
		}})
		if errors.Is(err, errLate) {
			continue
		}
		if err != nil {
			return ledger.Entry{}, false, err
		}
		return got, granted, nil
	}
}

func (b *batch) intend(e ledger.Entry) (ledger.Entry, bool) {
	have := b.latest(e.Sub)
	got, keep, granted := ledger.Grant(b.head(have), e, b.r.id)
	if !granted {
		return have.Entry, false
	}
	if keep {
		b.note(have.Sub, have.Gen, ledger.LastSend(&have.Entry))
	}
	b.put(have, got)
	return got, true
}

// Record makes the new states of entries durable: see [ledger.Run].
func (r *Run) Record(ctx context.Context, note string, entries ...ledger.Entry) error {
	subs := make([]string, len(entries))
	for i := range entries {
		if err := ledger.Recordable(&entries[i]); err != nil {
			return err
		}
		subs[i] = entries[i].Sub
	}
	if len(entries) == 0 {
		return nil
	}
	return r.write(ctx, recording(subs, note, entries))
}

// Recording queues the new state of an entry: see [ledger.Run].
func (r *Run) Recording(e ledger.Entry, done func(error)) {
	if err := ledger.Recordable(&e); err != nil {
		done(err)
		return
	}
	j := recording([]string{e.Sub}, "", []ledger.Entry{e})
	j.done = done
	r.submit(j)
}

func recording(subs []string, note string, entries []ledger.Entry) *job {
	return &job{subs: subs, do: func(b *batch) error {
		var c ledger.Conflict
		for i := range entries {
			b.record(&entries[i], note, &c)
		}
		return c.Err()
	}}
}

func (b *batch) record(said *ledger.Entry, note string, c *ledger.Conflict) {
	latest := b.latest(said.Sub)
	have := b.of(said.Sub, ledger.Generation(b.head(latest), said))
	e, write, err := ledger.Outcome(b.head(latest), b.head(have), *said, b.r.id)
	if err != nil {
		c.Add(said.Sub, err)
	} else if write {
		b.put(have, e)
		b.note(e.Sub, e.Gen, note)
	}
}

// Take takes an entry over from a run that has died: see [ledger.Run].
func (r *Run) Take(ctx context.Context, sub string, now time.Time) (e ledger.Entry, ok bool, err error) {
	err = r.write(ctx, &job{subs: []string{sub}, do: func(b *batch) error {
		e, ok = ledger.Entry{}, false
		if have := b.latest(sub); have != nil {
			ok = b.take(have, now)
			e = have.Entry
		}
		return nil
	}})
	if err != nil {
		return ledger.Entry{}, false, err
	}
	return e, ok, nil
}

// take is what becomes of an entry that the run wants; it reports whether it has it.
func (b *batch) take(have *row, now time.Time) bool {
	after, note, taken := ledger.TakeOver(*b.head(have), b.r.id, now)
	if !taken || have.Run == b.r.id {
		return taken
	}
	have.State, have.Run, have.Doubted, have.DoubtSince, have.changed = after.State, after.Run, after.Doubted, after.DoubtSince, true
	b.note(have.Sub, have.Gen, note)
	return true
}

// TakeOver takes over all that runs which have died hold: see [ledger.Run].
func (r *Run) TakeOver(ctx context.Context, now time.Time) error {
	return r.write(ctx, &job{dead: true, do: func(b *batch) error {
		for _, some := range b.rows {
			for _, have := range some {
				b.take(have, now)
			}
		}
		return nil
	}})
}

// Reopen opens a new generation for each subscription: see [ledger.Run].
func (r *Run) Reopen(ctx context.Context, subs []string) error {
	subs = slices.Compact(slices.Sorted(slices.Values(subs)))
	return r.write(ctx, &job{subs: subs, do: func(b *batch) error {
		var c ledger.Conflict
		var next []ledger.Entry
		var notes []string
		for _, sub := range subs {
			e, note, err := ledger.Reopen(b.head(b.latest(sub)), sub, r.id)
			if err != nil {
				c.Add(sub, err)
			} else if e != nil {
				next, notes = append(next, *e), append(notes, note)
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		for i, e := range next {
			b.put(nil, e)
			b.note(e.Sub, e.Gen, notes[i])
		}
		return nil
	}})
}
