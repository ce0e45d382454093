package ledgertest

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/csvimport/ledger"
)

// Shared is a ledger in memory that several machines share, as they would a
// database: the plainest that keeps to the rules. A run is known to go on for as
// long as its lease lasts, by the ledger's clock, which is package time's; it is
// renewed every quarter of that. Once the lease has passed the run is dead for good,
// and whatever it still tries is refused. It may send for half a lease from the
// beginning of the last renewal, by a clock of its machine's that counts sleep.
type Shared struct {
	Lease time.Duration // 0: a run goes on until it ends

	mu    sync.Mutex
	books map[string]*part // by platform
	runs  int64
	live  map[int64]*lease
	ended map[int64]bool // those that have said so, or were seen to be gone
}

// Host is the machine from which a shared ledger is used.
type Host struct {
	Elapsed func() time.Duration // counts sleep
	// Reach returns once the ledger can be reached to renew a lease, or an error
	// if it never will be.
	Reach func() error
	// Gone reports whether the process of a run is known to be gone from the
	// machine; nil means that none is.
	Gone func(run int64) bool
}

// lease is what the ledger knows of a run that goes on.
type lease struct {
	until    time.Time // zero: for ever
	of       *part
	places   bool // it has rows to place
	stopping chan struct{}
	asked    bool
}

// Open returns the ledger as one process on a machine has it.
func (s *Shared) Open(h Host) Ledger { return &handle{s: s, host: h, closed: make(chan struct{})} }

// handle is one process's.
type handle struct {
	s      *Shared
	host   Host
	once   sync.Once
	closed chan struct{}
}

func (*handle) Check(context.Context) error { return nil }

// Close ends all renewals.
func (h *handle) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handle) Platform(_ context.Context, id, _ string) (Book, error) {
	s := h.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.books == nil {
		s.books, s.live, s.ended = make(map[string]*part), make(map[int64]*lease), make(map[int64]bool)
	}
	if s.books[id] == nil {
		s.books[id] = &part{m: s, events: make(map[string][]ledger.Event)}
	}
	return &book{s.books[id], h}, nil
}

// goesOn reports whether a run does, under the lock.
func (s *Shared) goesOn(run int64) bool {
	l := s.live[run]
	return l != nil && (l.until.IsZero() || time.Now().Before(l.until))
}

// part is a platform's.
type part struct {
	m        *Shared
	evidence ledger.Evidence
	proved   bool
	seen     []ledger.Sighting
	entries  []*ledger.Entry // in the order in which they came
	events   map[string][]ledger.Event
}

// book is a part, as one process has it.
type book struct {
	*part
	h *handle
}

// of returns the generations of a subscription, the oldest first.
func (b *part) of(sub string) (all []*ledger.Entry) {
	for _, e := range b.entries {
		if e.Sub == sub {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *ledger.Entry) int { return cmp.Compare(a.Gen, b.Gen) })
	return all
}

func (b *part) latest(sub string) *ledger.Entry {
	all := b.of(sub)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// head is what the rules are told of an entry.
func (b *part) head(e *ledger.Entry) *ledger.Head {
	if e == nil {
		return nil
	}
	return &ledger.Head{Gen: e.Gen, State: e.State, Run: e.Run, Ended: !b.m.goesOn(e.Run),
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

// Proved and SetProved are as in session.Book.
func (b *book) Proved(context.Context) (bool, error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	return b.proved, nil
}

func (b *book) SetProved(context.Context) error {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	b.proved = true
	return nil
}

// No download is remembered here.
func (b *book) Exported(context.Context, []string) (map[string]ledger.Exported, error) {
	return nil, nil
}

func (b *book) ExportCount(context.Context) (int, error) { return 0, nil }

func (b *book) ExportedSubs(context.Context) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}

func (b *book) Begin(_ context.Context, info ledger.RunInfo) (ledger.Begun, error) {
	began := b.h.elapsed()
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for run := int64(1); b.h.host.Gone != nil && run <= b.m.runs; run++ {
		b.m.ended[run] = b.m.ended[run] || b.h.host.Gone(run)
	}
	b.m.runs++
	r := &run{book: b, id: b.m.runs, lease: &lease{of: b.part, places: info.Rows > 0, stopping: make(chan struct{})}, ended: make(chan struct{})}
	if d := b.m.Lease; d > 0 {
		r.lease.until = time.Now().Add(d)
		r.renewed.Store(int64(began))
		go r.renew(d / 4)
	}
	b.m.live[r.id] = r.lease
	return r, nil
}

func (h *handle) elapsed() time.Duration {
	if h.host.Elapsed == nil {
		return 0
	}
	return h.host.Elapsed()
}

func (b *book) OfRun(ctx context.Context, run int64) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		b.m.mu.Lock()
		all := slices.Clone(b.entries)
		b.m.mu.Unlock()
		for _, e := range all {
			if (e.Run == run || e.SentBy == run) && !yield(*e, ctx.Err()) {
				return
			}
		}
	}
}

func (b *book) AskStop(context.Context) (runs int, err error) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for id, l := range b.m.live {
		if !b.m.goesOn(id) {
			continue
		}
		runs++
		if !l.asked {
			l.asked = true
			close(l.stopping)
		}
	}
	return runs, nil
}

// run is a run that goes on.
type run struct {
	*book
	id      int64
	lease   *lease
	renewed atomic.Int64 // Elapsed when the last renewal began
	ended   chan struct{}
	once    sync.Once
}

// renew keeps the lease, a pause after the other, for as long as it can.
func (r *run) renew(pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.ended:
			return
		case <-r.h.closed:
			return
		}
		if r.extend() != nil {
			return
		}
	}
}

// extend renews the lease once.
func (r *run) extend() error {
	if r.h.host.Reach != nil {
		if err := r.h.host.Reach(); err != nil {
			return err
		}
	}
	began := r.h.elapsed()
	if err := r.write(func() error { r.lease.until = time.Now().Add(r.m.Lease); return nil }); err != nil {
		return err
	}
	r.renewed.Store(int64(began))
	return nil
}

func (r *run) ID() int64                 { return r.id }
func (r *run) Stopping() <-chan struct{} { return r.lease.stopping }

// MaySend is false while the last renewal is older than half a lease.
func (r *run) MaySend() bool {
	return r.m.Lease == 0 || r.h.elapsed()-time.Duration(r.renewed.Load()) < r.m.Lease/2
}

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
	return r.m.goesOn(run)
}

func (r *run) Ended(run int64) bool {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	return r.m.ended[run]
}

func (r *run) Alongside() ledger.Alongside {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	now := ledger.Alongside{Runs: 1, PausedUntil: r.evidence.PausedUntil, SilentAt: r.evidence.SilentAt}
	for id, l := range r.m.live {
		if id != r.id && l.of == r.part && l.places && r.m.goesOn(id) {
			now.Runs++
		}
	}
	return now
}

func (r *run) Said(context.Context, string) error { return r.write(func() error { return nil }) }

func (r *run) End(context.Context, string) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	delete(r.m.live, r.id)
	r.m.ended[r.id] = true
	r.once.Do(func() { close(r.ended) })
	return nil
}

// write is for writes in the name of the run, which must not have ended.
func (r *run) write(do func() error) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if !r.m.goesOn(r.id) {
		delete(r.m.live, r.id) // its lease has passed: it is dead for good
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
	if !r.MaySend() { // it has slept, or was kept from its database
		if err := r.extend(); err != nil {
			return got, false, err
		}
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
