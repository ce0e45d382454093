package ledgertest_test

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMemory: the plainest ledger that keeps to the rules passes the suites. It
// lives in memory and is nobody's but the tests'.
func TestMemory(t *testing.T) {
	stores := make(map[string]*memory)
	ledgertest.Exercise(t, ledgertest.Kind{
		Alone: true,
		Fresh: func(tb testing.TB) string { return tb.Name() },
		Open: func(_ context.Context, where string) (ledgertest.Ledger, error) {
			if stores[where] == nil {
				stores[where] = &memory{books: make(map[string]*book), live: make(map[int64]*run)}
			}
			return stores[where], nil
		},
	})
}

// memory is a ledger in memory.
type memory struct {
	mu    sync.Mutex
	books map[string]*book // by platform
	runs  int64
	live  map[int64]*run
}

func (*memory) Check(context.Context) error { return nil }
func (*memory) Close() error                { return nil }

func (m *memory) Platform(_ context.Context, id, _ string) (ledgertest.Book, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.books[id] == nil {
		m.books[id] = &book{m: m, events: make(map[string][]ledger.Event)}
	}
	return m.books[id], nil
}

// book is a platform's part.
type book struct {
	m        *memory
	evidence ledger.Evidence
	seen     []ledger.Sighting
	entries  []*ledger.Entry // in the order in which they came
	events   map[string][]ledger.Event
}

// of returns the generations of a subscription, the oldest first.
func (b *book) of(sub string) (all []*ledger.Entry) {
	for _, e := range b.entries {
		if e.Sub == sub {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *ledger.Entry) int { return cmp.Compare(a.Gen, b.Gen) })
	return all
}

func (b *book) latest(sub string) *ledger.Entry {
	all := b.of(sub)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// head is what the rules are told of an entry.
func (b *book) head(e *ledger.Entry) *ledger.Head {
	if e == nil {
		return nil
	}
	return &ledger.Head{Gen: e.Gen, State: e.State, Run: e.Run, Ended: b.m.live[e.Run] == nil,
		Sends: e.Sends, Doubted: e.Doubted, DoubtSince: e.DoubtSince, OrderID: e.OrderID, Shown: !e.ShownAt.IsZero(), SentBy: e.SentBy}
}

func (b *book) FindAll(ctx context.Context, subs []string) (map[string][]ledger.Entry, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	found := make(map[string][]ledger.Entry)
	for _, sub := range subs {
		for _, e := range b.of(sub) {
			found[sub] = append(found[sub], *e)
		}
	}
	return found, ctx.Err()
}

func (b *book) Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error) {
	all, err := b.FindAll(ctx, subs)
	found := make(map[string]ledger.Entry)
	for sub, gens := range all {
		found[sub] = gens[len(gens)-1]
	}
	return found, err
}

func (b *book) Entries(ctx context.Context, states ...ledger.State) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(ledger.Entry{}, err)
			return
		}
		b.m.mu.Lock()
		all := slices.Clone(b.entries)
		b.m.mu.Unlock()
		for _, e := range all {
			b.m.mu.Lock()
			now, latest := *e, e == b.latest(e.Sub)
			b.m.mu.Unlock()
			if latest && (len(states) == 0 || slices.Contains(states, now.State)) && !yield(now, nil) {
				return
			}
		}
	}
}

func (b *book) Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error) {
	all, err := b.FindAll(ctx, []string{sub})
	return all[sub], b.events[sub], err
}

func (b *book) Totals(ctx context.Context) (map[ledger.State]int, error) {
	totals := make(map[ledger.State]int)
	for e, err := range b.Entries(ctx) {
		if err != nil {
			return nil, err
		}
		totals[e.State]++
	}
	return totals, nil
}

func (b *book) Ledger() string { return "in memory" }

func (b *book) Evidence(context.Context) (ledger.Evidence, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	return b.evidence, nil
}

func (b *book) Amend(_ context.Context, change func(*ledger.Evidence)) (ledger.Evidence, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	change(&b.evidence)
	return b.evidence, nil
}

func (b *book) Sightings(_ context.Context, subs ...string) (map[string][]ledger.Sighting, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	found := make(map[string][]ledger.Sighting)
	for _, s := range b.seen {
		if len(subs) == 0 || slices.Contains(subs, s.Sub) {
			found[s.Sub] = append(found[s.Sub], s)
		}
	}
	for _, all := range found {
		slices.SortFunc(all, func(a, b ledger.Sighting) int { return a.FirstSeen.Compare(b.FirstSeen) })
	}
	return found, nil
}

func (b *book) Acknowledge(_ context.Context, sub string) error {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for i := range b.seen {
		b.seen[i].Acknowledged = b.seen[i].Acknowledged || b.seen[i].Sub == sub
	}
	return nil
}

func (b *book) Begin(context.Context, ledger.RunInfo) (ledger.Begun, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	b.m.runs++
	r := &run{book: b, id: b.m.runs, stopping: make(chan struct{})}
	b.m.live[r.id] = r
	return r, nil
}

func (b *book) AskStop(context.Context) (int, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for _, r := range b.m.live {
		if !r.asked {
			r.asked = true
			close(r.stopping)
		}
	}
	return len(b.m.live), nil
}

// run is a run that goes on.
type run struct {
	*book
	id       int64
	stopping chan struct{} // closed once it was asked to
	asked    bool
}

func (r *run) ID() int64                 { return r.id }
func (r *run) MaySend() bool             { return true }
func (r *run) Stopping() <-chan struct{} { return r.stopping }

func (r *run) Sighted(_ context.Context, orders ...ledger.Sighting) error {
	return r.write(func() error {
		for _, o := range orders {
			i := slices.IndexFunc(r.seen, func(s ledger.Sighting) bool { return s.OrderID == o.OrderID })
			if i < 0 {
				r.seen = append(r.seen, o)
				continue
			}
			r.seen[i].OrderNumber, r.seen[i].OrderStatus = o.OrderNumber, o.OrderStatus
		}
		return nil
	})
}

func (r *run) Alive(run int64) bool {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	return r.m.live[run] != nil
}

func (r *run) End(context.Context, string) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	delete(r.m.live, r.id)
	return nil
}

// write is for writes in the name of the run, which must not have ended.
func (r *run) write(do func() error) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.m.live[r.id] == nil {
		return ledger.ErrRunEnded
	}
	return do()
}

func (r *run) add(e ledger.Entry) { r.entries = append(r.entries, &e) }

func (r *run) note(sub string, gen int, note string) {
	if note != "" {
		r.events[sub] = append(r.events[sub], ledger.Event{Time: time.Now(), Run: r.id, Gen: gen, Note: note})
	}
}

func (r *run) Intend(_ context.Context, e ledger.Entry) (got ledger.Entry, granted bool, err error) {
	if err := ledger.Intendable(&e); err != nil {
		return got, false, err
	}
	err = r.write(func() error {
		have := r.latest(e.Sub)
		var keep bool
		got, keep, granted = ledger.Grant(r.head(have), e, r.id)
		switch {
		case !granted:
			got = *have
			return nil
		case have == nil:
			r.add(got)
			return nil
		case keep:
			r.note(have.Sub, have.Gen, ledger.LastSend(have))
		}
		*have = got
		return nil
	})
	return got, granted, err
}

func (r *run) Record(_ context.Context, note string, entries ...ledger.Entry) error {
	for i := range entries {
		if err := ledger.Recordable(&entries[i]); err != nil {
			return err
		}
	}
	return r.write(func() error {
		var c ledger.Conflict
		for _, said := range entries {
			latest, have := r.latest(said.Sub), (*ledger.Entry)(nil)
			for _, e := range r.of(said.Sub) {
				if e.Gen == ledger.Generation(r.head(latest), &said) {
					have = e
				}
			}
			after, write, err := ledger.Outcome(r.head(latest), r.head(have), said, r.id)
			switch {
			case err != nil:
				c.Add(said.Sub, err)
				continue
			case !write:
				continue
			case have == nil:
				r.add(after)
			default:
				*have = after
			}
			r.note(after.Sub, after.Gen, note)
		}
		return c.Err()
	})
}

func (r *run) Recording(e ledger.Entry, done func(error)) {
	done(r.Record(context.Background(), "", e))
}

func (r *run) take(e *ledger.Entry, now time.Time) bool {
	after, note, taken := ledger.TakeOver(*r.head(e), r.id, now)
	if taken {
		r.note(e.Sub, e.Gen, note)
		e.Run, e.State, e.Doubted, e.DoubtSince = after.Run, after.State, after.Doubted, after.DoubtSince
	}
	return taken
}

func (r *run) Take(_ context.Context, sub string, now time.Time) (got ledger.Entry, taken bool, err error) {
	err = r.write(func() error {
		if e := r.latest(sub); e != nil {
			taken = r.take(e, now)
			got = *e
		}
		return nil
	})
	return got, taken, err
}

func (r *run) TakeOver(_ context.Context, now time.Time) error {
	return r.write(func() error {
		for _, e := range r.entries {
			r.take(e, now)
		}
		return nil
	})
}

func (r *run) Reopen(_ context.Context, subs []string) error {
	return r.write(func() error {
		var c ledger.Conflict
		next := make(map[string]*ledger.Entry)
		notes := make(map[string]string)
		for _, sub := range subs {
			e, note, err := ledger.Reopen(r.head(r.latest(sub)), sub, r.id)
			if err != nil {
				c.Add(sub, err)
			} else if e != nil {
				next[sub], notes[sub] = e, note
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		for sub, e := range next {
			r.add(*e)
			r.note(sub, e.Gen, notes[sub])
		}
		return nil
	})
}
