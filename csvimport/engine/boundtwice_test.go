package engine_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
)

// TestBoundTwice: where a run ends before it has come to the rows of another one, it does
// not believe the answer that named to one row the order that another row has.
func TestBoundTwice(t *testing.T) {
	for _, tc := range []struct {
		name        string
		options     engine.Options
		interrupted bool
		lives       bool // the other run, as long as this one
	}{
		{name: "after its first order", options: engine.Options{FirstOnly: true}},
		{name: "after its first order, and the other goes on", options: engine.Options{FirstOnly: true}, lives: true},
		{name: "interrupted", interrupted: true},
		{name: "interrupted, and the other goes on", interrupted: true, lives: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows := f.platform.table(3, 3)
				f.platform.latency = time.Minute
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				var out run
				var both sync.WaitGroup
				both.Go(func() { out = f.run(ctx, rows, tc.options) })
				time.Sleep(30 * time.Second) // its first order is on its way
				named := 0                   // the row to which the other's order was named
				both.Go(func() {
					f.with(func(book *sqlite.Book, other ledger.Begun) {
						named = f.nameTwice(book, other, rows)
						if tc.lives {
							time.Sleep(time.Hour)
						}
					})
				})
				time.Sleep(time.Second)
				if tc.interrupted {
					interrupt()
				}
				both.Wait()
				if out.err != nil || t.Failed() {
					t.Fatalf("error %v", out.err)
				}
				got := out.results[named]
				if diff := cmp.Diff([]string{string(csvimport.Unknown), "", "OTHER_ORDER"}, []string{string(got.Status), got.OrderID, got.ErrorCode}); diff != "" {
					t.Errorf("result of row %d (-want +got):\n%s", got.Line, diff)
				}
			})
		})
	}
}

// TestBoundTwiceAfterTheEnd: nor is it believed where it came when all that nobody had
// shown was read back already.
func TestBoundTwiceAfterTheEnd(t *testing.T) {
	for name, lives := range map[string]time.Duration{"the other has ended": 0, "the other goes on": time.Hour} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows, named := f.platform.table(3, 3), 0
				var other sync.WaitGroup
				defer other.Wait()
				f.imported = func(context.Context) iter.Seq2[csvimport.Binding, error] { // asked last of all
					other.Go(func() {
						f.with(func(book *sqlite.Book, r ledger.Begun) {
							named = f.nameTwice(book, r, rows)
							time.Sleep(lives)
						})
					})
					time.Sleep(time.Second)
					return func(func(csvimport.Binding, error) bool) {}
				}
				out := f.run(t.Context(), rows, engine.Options{FirstOnly: true})
				other.Wait()
				if out.err != nil || t.Failed() {
					t.Fatalf("error %v", out.err)
				}
				got := out.results[named]
				if diff := cmp.Diff([]string{string(csvimport.Unknown), "", "OTHER_ORDER"}, []string{string(got.Status), got.OrderID, got.ErrorCode}); diff != "" {
					t.Errorf("result of row %d (-want +got):\n%s", got.Line, diff)
				}
			})
		})
	}
}

// lost is a run of a ledger that is not the last word.
type lost struct{ ledger.Run }

func (lost) Loss() ledger.Loss             { return ledger.LossMissing }
func (lost) Trusted(context.Context) error { return nil }

// TestBoundTwiceBefore: nor is it believed where a run may place nothing at all.
func TestBoundTwiceBefore(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows, named := f.platform.table(3, 3), 0
		f.with(func(book *sqlite.Book, r ledger.Begun) { named = f.nameTwice(book, r, rows[:2]) })
		f.ledger = func(r ledger.Run) ledger.Run { return lost{r} }
		out := f.must(t, rows, engine.Options{}, count{csvimport.Existing: 1, csvimport.Unknown: 2})
		if got := out.results[named]; got.OrderID != "" || got.ErrorCode != "OTHER_ORDER" {
			t.Errorf("order %q, code %s, want no order", got.OrderID, got.ErrorCode)
		}
	})
}

// gone is a run whose ledger takes nothing more from the second row on that comes with
// one id.
type gone struct {
	ledger.Run
	mu     sync.Mutex
	rows   map[string]string // by id
	broken bool
}

var errGone = &ledger.Error{Where: "ledger", Err: ledger.ErrReplaced}

func (g *gone) takes(entries ...ledger.Entry) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		if sub, ok := g.rows[e.OrderID]; ok && e.OrderID != "" && sub != e.Sub {
			g.broken = true
		}
		g.rows[e.OrderID] = e.Sub
	}
	if g.broken {
		return errGone
	}
	return nil
}

func (g *gone) Record(ctx context.Context, note string, entries ...ledger.Entry) error {
	if err := g.takes(entries...); err != nil {
		return err
	}
	return g.Run.Record(ctx, note, entries...)
}

func (g *gone) Recording(e ledger.Entry, done func(error)) {
	if err := g.takes(e); err != nil {
		done(err)
		return
	}
	g.Run.Recording(e, done)
}

// TestBoundTwiceUnwritten: nor is it believed where the one or the other could not be
// written down.
func TestBoundTwiceUnwritten(t *testing.T) {
	for _, tc := range []struct {
		name string
		nth  map[int]string
		late time.Duration
		want count
	}{
		{"the answer", map[int]string{3: "other-id"}, 0, count{csvimport.Completed: 2, csvimport.Unknown: 1}},
		{"the order found", map[int]string{2: "lost", 3: "other-id"}, 90 * time.Second, count{csvimport.Completed: 2, csvimport.Unknown: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.nth, f.platform.late = tc.nth, tc.late
				f.ledger = func(r ledger.Run) ledger.Run { return &gone{Run: r, rows: make(map[string]string)} }
				out := f.run(t.Context(), f.platform.table(3, 3), engine.Options{Rate: 0.05})
				if diff := cmp.Diff(tc.want, counts(out.Outcome)); diff != "" || !errors.Is(out.Stopped, ledger.ErrReplaced) {
					t.Errorf("counts (-want +got):\n%s\nstopped: %v", diff, out.Stopped)
				}
			})
		})
	}
}

// nameTwice has a run write down what it would of the two rows that nobody has come to: the
// order of the one was named in the answer to the other, and found for its own row since.
func (f *fixture) nameTwice(book *sqlite.Book, r ledger.Run, rows []csvimport.Row) (named int) {
	ctx := context.Background()
	var subs []string
	for i := range rows {
		subs = append(subs, rows[i].SubID)
	}
	found, err := book.Find(ctx, subs)
	if err != nil {
		f.tb.Fatalf("find: %v", err)
	}
	var two []ledger.Entry
	for i := range rows {
		if _, begun := found[rows[i].SubID]; begun {
			continue
		}
		e, granted, err := r.Intend(ctx, ledger.Entry{Sub: rows[i].SubID, AccountID: rows[i].Account.APSID, AccountNo: rows[i].Account.ID, PlanID: rows[i].Plan.APSID})
		if err != nil || !granted {
			f.tb.Fatalf("intend: %v, error %v", granted, err)
		}
		two, named = append(two, e), i
	}
	its, other := two[0], two[1]
	f.platform.addOrder(apstest.StoredOrder{SubID: its.Sub, Reference: csvimport.Reference(its.Sub, 1), HasReference: true})
	f.platform.stand(its.Sub, "CP")
	order := f.platform.of(its.Sub)[0]
	now := time.Now()
	other.State, other.OrderID, other.SubmittedAt = ledger.Accepted, order.ID, now
	its.State, its.OrderID, its.OrderNumber, its.OrderStatus, its.SubmittedAt, its.FinishedAt, its.ShownAt = ledger.Completed, order.ID, order.Number, order.Status, now, now, now
	for _, e := range []ledger.Entry{other, its} {
		if err := r.Record(ctx, "", e); err != nil {
			f.tb.Fatalf("record: %v", err)
		}
	}
	return named
}
