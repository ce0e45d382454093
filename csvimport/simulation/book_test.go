package simulation_test

import (
	"cmp"
	"context"
	"iter"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/session"
)

// book is a ledger's book behind the doors of a process.
type book struct {
	session.Book
	d *doors
}

func (b book) Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error) {
	return call(b.d, "find", func() (map[string]ledger.Entry, error) { return b.Book.Find(ctx, subs) })
}

func (b book) FindAll(ctx context.Context, subs []string) (map[string][]ledger.Entry, error) {
	return call(b.d, "find", func() (map[string][]ledger.Entry, error) { return b.Book.FindAll(ctx, subs) })
}

func (b book) Entries(ctx context.Context, states ...ledger.State) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range b.Book.Entries(ctx, states...) {
			if gone := b.d.pass("entries", e.Sub); gone != nil {
				yield(ledger.Entry{}, gone)
				return
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Ledger is the same in each story of a seed: the true one is drawn at random.
func (b book) Ledger() string { return b.d.c.w.ledgerName(b.Book.Ledger()) }

func (b book) Sightings(ctx context.Context, subs ...string) (map[string][]ledger.Sighting, error) {
	return call(b.d, "sightings", func() (map[string][]ledger.Sighting, error) { return b.Book.Sightings(ctx, subs...) })
}

func (b book) Evidence(ctx context.Context) (ledger.Evidence, error) {
	return call(b.d, "evidence", func() (ledger.Evidence, error) { return b.Book.Evidence(ctx) })
}

func (b book) Amend(ctx context.Context, change func(*ledger.Evidence)) (ledger.Evidence, error) {
	return call(b.d, "amend", func() (ledger.Evidence, error) { return b.Book.Amend(ctx, change) })
}

func (b book) Acknowledge(ctx context.Context, sub string) error {
	return b.d.do("acknowledge", func() error { return b.Book.Acknowledge(ctx, sub) })
}

// Loss is what is wrong with the ledger, of one that can tell.
func (b book) Loss(ctx context.Context, marks string) (ledger.Loss, error) {
	doubtful, ok := b.Book.(interface {
		Loss(context.Context, string) (ledger.Loss, error)
	})
	if !ok {
		return ledger.Sound, nil
	}
	return call(b.d, "loss", func() (ledger.Loss, error) { return doubtful.Loss(ctx, marks) })
}

func (b book) Proved(ctx context.Context) (bool, error) {
	return call(b.d, "proved", func() (bool, error) { return b.Book.Proved(ctx) })
}

func (b book) SetProved(ctx context.Context) error {
	return b.d.do("proved", func() error { return b.Book.SetProved(ctx) })
}

func (b book) Begin(ctx context.Context, info ledger.RunInfo) (ledger.Begun, error) {
	return call(b.d, "begin", func() (ledger.Begun, error) {
		r, err := b.Book.Begin(ctx, info)
		if err != nil {
			return nil, err
		}
		b.d.run.Store(r.ID())
		return run{r, b.d}, nil
	})
}

// run is a run of a ledger behind the doors of its process.
type run struct {
	ledger.Begun
	d *doors
}

func (r run) Intend(ctx context.Context, e ledger.Entry) (got ledger.Entry, granted bool, err error) {
	if err := r.d.pass("intend out", e.Sub); err != nil {
		return got, false, err
	}
	got, granted, err = r.Begun.Intend(ctx, e)
	if gone := r.d.pass("intend back", e.Sub); gone != nil {
		return got, false, gone
	}
	return got, granted, err
}

func (r run) Record(ctx context.Context, note string, entries ...ledger.Entry) error {
	first := ""
	for _, e := range entries {
		first = cmp.Or(min(first, e.Sub), e.Sub)
	}
	if err := r.d.pass("record out", first); err != nil {
		return err
	}
	err := r.Begun.Record(ctx, note, entries...)
	if gone := r.d.pass("record back", first); gone != nil {
		return gone
	}
	return err
}

func (r run) Recording(e ledger.Entry, done func(error)) {
	if gone := r.d.pass("recording out", e.Sub); gone != nil {
		done(gone)
		return
	}
	r.Begun.Recording(e, func(err error) {
		if gone := r.d.pass("recording back", e.Sub); gone != nil {
			err = gone
		}
		done(err)
	})
}

func (r run) Take(ctx context.Context, sub string, now time.Time) (got ledger.Entry, taken bool, err error) {
	if err := r.d.pass("take out", sub); err != nil {
		return got, false, err
	}
	got, taken, err = r.Begun.Take(ctx, sub, now)
	if gone := r.d.pass("take back", sub); gone != nil {
		return got, false, gone
	}
	return got, taken, err
}

func (r run) TakeOver(ctx context.Context, now time.Time) error {
	return r.d.do("take over", func() error { return r.Begun.TakeOver(ctx, now) })
}

func (r run) Reopen(ctx context.Context, subs []string) error {
	return r.d.do("reopen", func() error { return r.Begun.Reopen(ctx, subs) })
}

func (r run) End(ctx context.Context, outcome string) error {
	return r.d.do("end", func() error { return r.Begun.End(ctx, outcome) })
}

func (r run) Sighted(ctx context.Context, orders ...ledger.Sighting) error {
	return r.d.do("sighted", func() error { return r.Begun.Sighted(ctx, orders...) })
}

func (r run) Loss() ledger.Loss {
	doubtful, ok := r.Begun.(ledger.Doubtful)
	if !ok {
		return ledger.Sound
	}
	return doubtful.Loss()
}

func (r run) Trusted(ctx context.Context) error {
	doubtful, ok := r.Begun.(ledger.Doubtful)
	if !ok {
		return nil
	}
	return r.d.do("trusted", func() error { return doubtful.Trusted(ctx) })
}
