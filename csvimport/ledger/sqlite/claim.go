package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// holds reports whether an entry in this state belongs to its run for as long
// as that is alive.
func (s State) holds() bool { return s == Intended || s == Doubt || s == Accepted }

// ordered reports whether an order is known to exist in this state.
func (s State) ordered() bool { return s == Accepted || s == Completed || s == Failed }

// follows reports whether an entry may go from one state to another by Record.
// Where an order exists no state may follow that would let it be sent again,
// and a good end is the end. Staff may resubmit a failed order.
func (s State) follows(from State) bool {
	switch {
	case from == Completed:
		return s == Completed
	case from.ordered():
		return s.ordered() || s == Imported
	}
	return true
}

// normal is the entry as the ledger will give it back.
func (e Entry) normal() Entry {
	e.Gen = max(e.Gen, 1)
	e.DoubtSince, e.SubmittedAt, e.FinishedAt = instant(millis(e.DoubtSince)), instant(millis(e.SubmittedAt)), instant(millis(e.FinishedAt))
	return e
}

func (e *Entry) check() error {
	switch {
	case e.Sub == "":
		return errors.New("ledger: an entry without subscription")
	case e.State > Imported:
		return fmt.Errorf("ledger: no such state: %d", e.State)
	}
	return nil
}

// head reads what decides about a subscription's latest generation.
func (t *tx) head(platform int64, sub string) (*head, error) {
	if t.journaled(platform, sub) {
		if err := t.fold(); err != nil {
			return nil, err
		}
	}
	var h head
	found, err := t.row(queryHead, []any{platform, packed(sub)}, h.dest()...)
	if err != nil || !found {
		return nil, err
	}
	return &h, nil
}

// Intend makes the intent to send e durable and claims its subscription for the
// run. It is granted if there is no entry yet, if the latest generation is e.Gen
// and was not sent or was refused, or if it is this run's own, intended or in
// doubt, and e.State is NotSent, the caller's word that its absence was proved.
// The entry then is e as Intended, with one more in Sends and no DoubtSince;
// Doubted stays as it was recorded last. Otherwise the entry comes back as it is.
//
// It returns only once the intent is durable. Many may call it at once and share
// one sync. If ctx ends while it waits for its turn nothing is written; after
// that it finishes, so that an intent is never durable without being granted.
func (r *Run) Intend(ctx context.Context, e Entry) (Entry, bool, error) {
	if err := e.check(); err != nil {
		return Entry{}, false, err
	}
	word := e.State
	e = e.normal()
	e.State, e.Run = Intended, r.id
	now := time.Now()
	key := entryKey{r.b.n, e.Sub}
	var granted bool
	err := r.b.l.w.writeNew(ctx, key, r.in(func(t *tx) error {
		h, err := t.headOfNew(key)
		if err != nil {
			return err
		}
		if h == nil {
			e.Sends, granted = 1, true
			t.journal(r.b.n, &e)
			r.first[e.Sub] = e.Gen
			return nil
		}
		ours := h.run == r.id && (h.state == Intended || h.state == Doubt) && word == NotSent
		if h.gen != e.Gen || !ours && h.state != NotSent && h.state != Refused {
			e, err = t.entry(h.id)
			return err
		}
		if h.state == Refused || h.state == Doubt {
			if err := t.keep(r, h, now); err != nil {
				return err
			}
		}
		granted = true
		// Nothing is known of this send yet: a doubt about it begins when it
		// ends, or when it is found without an end, not with an earlier send's.
		e.Sends, e.Doubted, e.DoubtSince = h.sends+1, h.doubted, time.Time{}
		return t.update(h.id, &e)
	}))
	if err != nil {
		return Entry{}, false, err
	}
	return e, granted, nil
}

// findNew finds out which first intents among jobs are for subscriptions that
// have an entry: one query for all of them.
func (t *tx) findNew(jobs []*job) error {
	subs := make(map[int64][]any)
	for _, j := range jobs {
		if j.new.sub != "" {
			subs[j.new.platform] = append(subs[j.new.platform], packed(j.new.sub))
		}
	}
	for platform, subs := range subs {
		for some := range slices.Chunk(subs, 16) { // of a size that in has
			query, args := in(queryKnown, ") AND old = 0", some, platform)
			rows, err := t.query(query, args...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var sub any
				if err := rows.Scan(&sub); err != nil {
					rows.Close()
					return err
				}
				known := entryKey{platform, unpacked(sub)}
				for _, j := range jobs {
					j.known = j.known || j.new == known
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

// headOfNew is head of the subscription of a first intent.
func (t *tx) headOfNew(key entryKey) (*head, error) {
	if !t.job.known && !t.inserted && !t.journaled(key.platform, key.sub) {
		return nil, nil
	}
	return t.head(key.platform, key.sub)
}

// keep writes into the story what is about to be overwritten.
func (t *tx) keep(r *Run, h *head, now time.Time) error {
	was, err := t.entry(h.id)
	if err != nil {
		return err
	}
	words := []string{fmt.Sprintf("send %d was %v", was.Sends, was.State)}
	if was.HTTPStatus != 0 {
		words = append(words, fmt.Sprintf("HTTP %d", was.HTTPStatus))
	}
	for _, w := range []string{was.Code, was.Message} {
		if w != "" {
			words = append(words, w)
		}
	}
	return t.note(r, was.Sub, was.Gen, now, strings.Join(words, ", "))
}

func (t *tx) note(r *Run, sub string, gen int, at time.Time, note string) error {
	_, err := t.exec(`INSERT INTO event (platform, sub, gen, run, at, note) VALUES (?, ?, ?, ?, ?, ?)`, r.b.n, packed(sub), gen, r.id, millis(at), note)
	return err
}

// Record makes an entry's new state durable: an outcome, an end, a doubt, the
// proof that there is no order (NotSent). An entry that is not there is added;
// that is how an order found on the platform is adopted. The run becomes its
// run, and its Sends do not go down. A note that is not empty goes into the
// subscription's story.
//
// The entry stays as it was, and a [*Conflict] is returned, if another live run
// is at work on it (ErrHeld) or if it has an order that the new state would
// forget (ErrOrdered): a completed entry stays completed, and one that was
// accepted or failed does not become one to send again. Stale news of a
// completed order is no conflict, and is left out.
//
// The caller who must not lose an outcome passes a context that is not
// cancelled with the run's.
func (r *Run) Record(ctx context.Context, e Entry, note string) error {
	return r.RecordAll(ctx, []Entry{e}, note)
}

// Recording is Record for one who need not wait for the disk before going on:
// the entry is queued when it returns, ahead of whatever is written after that
// by anyone. Once it is durable, or can not be, done is called with what Record
// would return; it must not wait for other writes.
func (r *Run) Recording(e Entry, done func(error)) {
	if err := recordable(&e); err != nil {
		done(err)
		return
	}
	r.b.l.w.submit(&job{done: done, do: r.in(func(t *tx) error {
		var c Conflict
		if err := r.record(t, e, "", time.Time{}, &c); err != nil {
			return err
		}
		return c.refusal()
	})})
}

// RecordAll records many entries in one transaction. Those that have to stay as
// they were are named in the [*Conflict]; all others have been recorded.
func (r *Run) RecordAll(ctx context.Context, es []Entry, note string) error {
	for i := range es {
		if err := recordable(&es[i]); err != nil {
			return err
		}
	}
	if len(es) == 0 {
		return nil
	}
	now := time.Now()
	return r.write(ctx, func(t *tx) error {
		var c Conflict
		for i := range es {
			if err := r.record(t, es[i], note, now, &c); err != nil {
				return err
			}
		}
		return c.refusal()
	})
}

func recordable(e *Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	if e.State == 0 || e.State == Intended {
		return fmt.Errorf("ledger: %s: only Intend makes intents, Record was given state %d", e.Sub, e.State)
	}
	return nil
}

func (r *Run) record(t *tx, e Entry, note string, now time.Time, c *Conflict) error {
	if gen, ok := r.first[e.Sub]; ok {
		delete(r.first, e.Sub)
		if gen == e.Gen && note == "" && t.journaled(r.b.n, e.Sub) {
			e = e.normal()
			e.Run, e.Sends = r.id, max(e.Sends, 1)
			t.journal(r.b.n, &e)
			return nil
		}
	}
	latest, err := t.head(r.b.n, e.Sub)
	if err != nil {
		return err
	}
	if e.Gen == 0 && latest != nil {
		e.Gen = latest.gen
	}
	e = e.normal()
	e.Run = r.id
	have := latest
	if latest != nil && latest.gen != e.Gen {
		have = new(head)
		found, err := t.row(queryHeadGen, []any{r.b.n, packed(e.Sub), e.Gen}, have.dest()...)
		if err != nil {
			return err
		}
		if !found {
			have = nil
		}
	}
	for _, h := range []*head{latest, have} {
		if h != nil && h.state.holds() && h.run != r.id && r.b.l.alive(h.run) {
			c.Held = append(c.Held, e.Sub)
			return nil
		}
	}
	switch {
	case have == nil:
		err = t.insert(r.b.n, &e, latest)
	case have.state == Completed && e.State != Completed && e.OrderID != "" && e.OrderID == unpacked(have.order):
		return nil
	case !e.State.follows(have.state):
		c.Ordered = append(c.Ordered, e.Sub)
		return nil
	default:
		e.Sends = max(e.Sends, have.sends)
		err = t.update(have.id, &e)
	}
	if err != nil || note == "" {
		return err
	}
	return t.note(r, e.Sub, e.Gen, now, note)
}

// Take takes an entry over from a run that has died: what it intended is in
// doubt since now; a doubt keeps the time it was recorded with, if any. It
// reports false, and the entry as it is, if its run is alive or there is nothing
// to take over. What is this run's own already is taken.
func (r *Run) Take(ctx context.Context, sub string, now time.Time) (e Entry, ok bool, err error) {
	err = r.write(ctx, func(t *tx) error {
		h, err := t.head(r.b.n, sub)
		if err != nil || h == nil {
			return err
		}
		ok = h.state.holds() && (h.run == r.id || !r.b.l.alive(h.run))
		if ok && h.run != r.id {
			if _, err := t.exec(takeOver+` WHERE id = ?`, r.id, millis(now), h.id); err != nil {
				return err
			}
			if err := t.note(r, sub, h.gen, time.Now(), takenOver(h.run)); err != nil {
				return err
			}
		}
		e, err = t.entry(h.id)
		return err
	})
	if err != nil {
		return Entry{}, false, err
	}
	return e, ok, nil
}

// takeOver gives an entry a new run. Intended (1) becomes Doubt (4).
const takeOver = `UPDATE entry SET run = ?1,
	doubt_since = CASE WHEN state = 1 OR state = 4 AND doubt_since = 0 THEN ?2 ELSE doubt_since END,
	doubted     = CASE WHEN state IN (1, 4) THEN 1 ELSE doubted END,
	state       = CASE WHEN state = 1 THEN 4 ELSE state END`

const takeAll = takeOver + ` WHERE platform = ?3 AND held = 1 AND run = ?4 RETURNING id`

func takenOver(run int64) string {
	return fmt.Sprintf("in doubt: taken over from run %d, which has ended", run)
}

// TakeAll takes over, in one transaction, every entry of runs that have died.
// It returns them in the order in which they were first intended.
func (r *Run) TakeAll(ctx context.Context, now time.Time) ([]Entry, error) {
	ids, err := r.takeAll(ctx, now)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all := make([]Entry, 0, len(ids))
	for e, err := range r.b.byID(ctx, ids, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// TakeOver is TakeAll for those who only want it done.
func (r *Run) TakeOver(ctx context.Context, now time.Time) error {
	_, err := r.takeAll(ctx, now)
	return err
}

func (r *Run) takeAll(ctx context.Context, now time.Time) (ids []int64, err error) {
	err = r.write(ctx, func(t *tx) error {
		if err := t.fold(); err != nil {
			return err
		}
		runs, err := t.numbers(queryHolders, r.b.n)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if run == r.id || r.b.l.alive(run) {
				continue
			}
			taken, err := t.numbers(takeAll, r.id, millis(now), r.b.n, run)
			if err != nil {
				return err
			}
			t.wrote = true
			for _, id := range taken {
				_, err := t.exec(`INSERT INTO event (platform, sub, gen, run, at, note) SELECT platform, sub, gen, run, ?, ? FROM entry WHERE id = ? AND state = ?`,
					millis(time.Now()), takenOver(run), id, int64(Doubt))
				if err != nil {
					return err
				}
			}
			ids = append(ids, taken...)
		}
		return nil
	})
	return ids, err
}

// OpenAgain opens a new generation, not sent yet, for each subscription, all in
// one transaction or none. One whose latest generation may be sent anyway
// (NotSent, Refused) stays as it is, so that opening twice opens once. It fails
// with a [*Conflict] if a subscription has no entry (ErrUnknown) or one that is
// intended, in doubt or accepted (ErrOrdered, or ErrHeld if its run is alive).
func (r *Run) OpenAgain(ctx context.Context, subs []string) error {
	subs = slices.Compact(slices.Sorted(slices.Values(subs)))
	now := time.Now()
	return r.write(ctx, func(t *tx) error {
		var c Conflict
		heads := make([]*head, len(subs))
		for i, sub := range subs {
			h, err := t.head(r.b.n, sub)
			switch {
			case err != nil:
				return err
			case h == nil:
				c.Unknown = append(c.Unknown, sub)
			case h.state.holds() && h.run != r.id && r.b.l.alive(h.run):
				c.Held = append(c.Held, sub)
			case h.state.holds():
				c.Ordered = append(c.Ordered, sub)
			}
			heads[i] = h
		}
		if err := c.refusal(); err != nil {
			return err
		}
		for i, sub := range subs {
			h := heads[i]
			if h.state == NotSent || h.state == Refused {
				continue
			}
			e := Entry{Sub: sub, Gen: h.gen + 1, State: NotSent, Run: r.id}
			if err := t.insert(r.b.n, &e, h); err != nil {
				return err
			}
			if err := t.note(r, sub, e.Gen, now, fmt.Sprintf("opened again, after %v", h.state)); err != nil {
				return err
			}
		}
		return nil
	})
}
