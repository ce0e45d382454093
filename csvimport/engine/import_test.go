package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/pace"
)

func stream(rows []csvimport.Row) csvimport.Rows {
	return func(ctx context.Context) iter.Seq2[csvimport.Row, error] {
		return func(yield func(csvimport.Row, error) bool) {
			for i, r := range rows {
				r.Index = i
				if ctx.Err() != nil || !yield(r, nil) {
					return
				}
			}
		}
	}
}

// fixture is one ledger file and one platform, over which runs follow each
// other.
type fixture struct {
	tb       apstest.TB
	platform *standin
	path     string
	machine  machine.Clock
	meter    *csvimport.Meter
	whose    func(run int64) string
	ledger   func(ledger.Run) ledger.Run       // what a run is given of its ledger; nil: all of it
	orders   func(engine.Orders) engine.Orders // a run's way to the platform; nil: as it is
	resend   bool                              // a person says that doubts are sent again
	said     []string
	hand     int                                                       // engine.Job.Hand
	alone    func()                                                    // engine.Job.Alone
	imported func(context.Context) iter.Seq2[csvimport.Binding, error] // engine.Job.Imported
}

// thrower carries a failure out of a bubble: rapid's own does not cross it.
type thrower struct{ cleanups []func() }

type thrown string

func (*thrower) Helper() {}

func (*thrower) Fatalf(format string, args ...any) {
	panic(thrown(fmt.Sprintf(format, args...)))
}

func (t *thrower) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// bubble runs f in fake time and returns what it threw.
func bubble(t *testing.T, f func(*thrower)) (failure string) {
	synctest.Test(t, func(*testing.T) {
		tb := new(thrower)
		defer func() {
			for _, clean := range slices.Backward(tb.cleanups) {
				clean()
			}
			if p := recover(); p != nil {
				failure = string(p.(thrown))
			}
		}()
		f(tb)
	})
	return failure
}

func newFixture(tb apstest.TB, dir string, seed uint64, opts ...apstest.Option) *fixture {
	return &fixture{tb: tb, platform: newStandin(tb, seed, opts...), path: filepath.Join(dir, fmt.Sprintf("ledger-%d.db", seed))}
}

type run struct {
	*engine.Outcome
	results []csvimport.Result
	err     error
}

func (f *fixture) with(do func(*sqlite.Book, ledger.Begun)) {
	f.tb.Helper()
	ctx := context.Background()
	l, err := sqlite.Open(ctx, f.path, sqlite.Options{})
	if err != nil {
		f.tb.Fatalf("open ledger: %v", err)
	}
	defer l.Close()
	book, err := l.Platform(ctx, "service-1", "https://platform.example")
	if err != nil {
		f.tb.Fatalf("platform: %v", err)
	}
	r, err := book.Begin(ctx, ledger.RunInfo{File: "f.csv", Rows: 1})
	if err != nil {
		f.tb.Fatalf("begin: %v", err)
	}
	defer r.End(ctx, "")
	do(book, r)
}

func (f *fixture) run(ctx context.Context, rows []csvimport.Row, o engine.Options) (out run) {
	f.tb.Helper()
	o.Loopback = true
	o.ResendDoubts = f.resend || o.Settle != 0 // what tests of a short settle want
	f.with(func(book *sqlite.Book, begun ledger.Begun) {
		r := ledger.Run(begun)
		if f.ledger != nil {
			r = f.ledger(r)
		}
		orders := f.platform.orders()
		if f.orders != nil {
			orders = f.orders(orders)
		}
		out.Outcome, out.err = engine.Import(ctx, engine.Job{
			Rows: stream(rows), Orders: orders, Book: book, Run: r, Options: o, Machine: f.machine, Progress: f.meter, Whose: f.whose,
			Hand: f.hand, Alone: f.alone, Imported: f.imported,
			Say: func(n notice.Notice) { f.said = append(f.said, n.String()) },
		})
		if out.err != nil {
			return
		}
		for res, err := range out.Results(context.Background()) {
			if err != nil {
				f.tb.Fatalf("results: %v", err)
			}
			out.results = append(out.results, res.Result)
		}
	})
	if out.err == nil && f.hand <= 1 { // one that helps does not answer for the rows of others
		f.truth(out, rows)
	}
	return out
}

// truth holds every result against what the platform has: no subscription with
// two orders, one result a row, and none of them untrue.
func (f *fixture) truth(out run, rows []csvimport.Row) {
	f.tb.Helper()
	if d := f.platform.Doubles(); len(d) > 0 {
		f.tb.Fatalf("%d subscriptions ordered twice, first %s", len(d), d[0])
	}
	if len(out.results) != len(rows) {
		f.tb.Fatalf("%d results for %d rows", len(out.results), len(rows))
	}
	orders := map[string]apstest.StoredOrder{}
	for _, o := range f.platform.Orders() {
		orders[o.SubID] = o
	}
	for i, r := range out.results {
		o, exists := orders[rows[i].SubID]
		phase := apsclient.Order{Status: o.Status}.Phase()
		ok := true
		switch r.Status {
		case csvimport.Completed, csvimport.Existing:
			ok = exists && phase == apsclient.Good && o.ID == r.OrderID && o.Status == r.OrderStatus
		case csvimport.Submitted, csvimport.Differs:
			ok = exists && o.ID == r.OrderID
		case csvimport.Failed:
			ok = exists && phase == apsclient.Bad
		case csvimport.Refused, csvimport.Unsent:
			ok = !exists
		}
		if !ok || r.Line != rows[i].Line || r.SubID != rows[i].SubID {
			f.tb.Fatalf("row %d: result %+v, but the platform has %+v (exists: %v)", i, r, o, exists)
		}
	}
}

func counts(o *engine.Outcome) map[csvimport.Status]int { return o.Count }

func TestImport(t *testing.T) {
	type want map[csvimport.Status]int
	const outage = 5*time.Second + 7*time.Millisecond // while requests are on their way
	tests := []struct {
		name     string
		rows     int
		accounts int
		set      func(*standin)
		options  engine.Options
		want     want
		stopped  string // part of the reason
		orders   int
		within   time.Duration // of fake time, 0 = any
		again    want          // the same job once more, nil = do not
	}{
		{name: "plain", rows: 40, accounts: 40, want: want{csvimport.Completed: 40}, orders: 40, again: want{csvimport.Existing: 40}},
		{name: "no rows", rows: 0, accounts: 1, want: want{}},
		{name: "answers lost", rows: 200, accounts: 200,
			set:     func(p *standin) { p.fault("lost", 0.05) },
			options: engine.Options{Concurrency: 16, Settle: 8 * time.Second},
			want:    want{csvimport.Completed: 200}, orders: 200, again: want{csvimport.Existing: 200}},
		{name: "answers lost, orders visible late", rows: 500, accounts: 500,
			set:     func(p *standin) { p.fault("lost", 0.1); p.late = 3 * time.Second },
			options: engine.Options{Concurrency: 16, Settle: 8 * time.Second},
			want:    want{csvimport.Completed: 500}, orders: 500},
		{name: "references not kept", rows: 300, accounts: 30,
			set:     func(p *standin) { p.fault("lost", 0.1); p.fault("reset", 0.05); p.fault("no-reference", 1) },
			options: engine.Options{Concurrency: 16, Settle: 5 * time.Second},
			want:    want{csvimport.Completed: 300}, orders: 300, again: want{csvimport.Existing: 300}},
		{name: "every kind of fault", rows: 400, accounts: 100,
			set: func(p *standin) {
				for _, f := range []string{"lost", "504", "reset", "503", "not-sent", "429", "503-wait", "busy", "500-wrapped"} {
					p.fault(f, 0.03)
				}
				p.late = time.Second
			},
			options: engine.Options{Concurrency: 32, Settle: 4 * time.Second, MaxErrors: pace.Limit{Off: true}},
			want:    nil},
		{name: "orders cannot be read after the first", rows: 100, accounts: 100,
			set: func(p *standin) {
				p.fault("lost", 0.1)
				p.fault("orders-get-after-first", 1)
			},
			options: engine.Options{Settle: 8 * time.Second, Wait: 2 * time.Minute},
			want:    nil, stopped: "no listing has shown it"},
		{name: "sends without effect are repeated, five at most", rows: 2, accounts: 2,
			set:     func(p *standin) { p.FaultRow("reset", p.sub(1), -1) },
			options: engine.Options{Settle: time.Second, Concurrency: 1},
			want:    want{csvimport.Completed: 1, csvimport.Unknown: 1}, orders: 1},
		{name: "without an order to be seen absence is no proof", rows: 3, accounts: 3,
			set:     func(p *standin) { p.fault("reset", 1) },
			options: engine.Options{Settle: time.Second, Patience: time.Minute},
			want:    want{csvimport.Unknown: 3}},
		{name: "credentials", rows: 400, accounts: 400,
			set:     func(p *standin) { p.FaultRow("401", p.sub(50), 1) },
			options: engine.Options{Concurrency: 8}, stopped: "credentials"},
		{name: "busy accounts", rows: 60, accounts: 3,
			set:     func(p *standin) { p.fault("busy", 1) },
			options: engine.Options{Concurrency: 8},
			want:    want{csvimport.Completed: 60}, orders: 60},
		{name: "refusals stop the run", rows: 300, accounts: 300,
			set:     func(p *standin) { p.fault("refused", 0.5) },
			stopped: "refused or failed"},
		{name: "failed orders", rows: 20, accounts: 20,
			set:     func(p *standin) { p.FaultRow("pf", p.sub(3), 1) },
			options: engine.Options{}, want: want{csvimport.Completed: 19, csvimport.Failed: 1}, orders: 20,
			again: want{csvimport.Existing: 19, csvimport.Failed: 1}},
		{name: "a minute of outage", rows: 400, accounts: 400,
			set: func(p *standin) {
				p.latency = 250 * time.Millisecond
				time.AfterFunc(outage, func() { p.SetOutage(true) })
				time.AfterFunc(outage+30*time.Second, func() { p.SetOutage(false) })
				time.AfterFunc(outage+time.Minute, p.EndOutage)
			},
			options: engine.Options{Concurrency: 8},
			want:    want{csvimport.Completed: 400}, orders: 400, within: 400/8*250*time.Millisecond + 75*time.Second},
		{name: "an outage longer than the patience", rows: 400, accounts: 400,
			set: func(p *standin) {
				p.latency = 250 * time.Millisecond
				time.AfterFunc(outage, func() { p.SetOutage(true) })
			},
			options: engine.Options{Concurrency: 8, Patience: time.Minute, Wait: time.Second}, stopped: "not answered"},
		{name: "orders not followed", rows: 20, accounts: 20,
			set:     func(p *standin) { p.SetProvisioning(0) },
			options: engine.Options{Wait: -1}, want: want{csvimport.Submitted: 20}, orders: 20, again: want{csvimport.Existing: 20}},
		{name: "first day", rows: 20, accounts: 20,
			options: engine.Options{FirstOnly: true}, want: want{csvimport.Completed: 1, csvimport.Unsent: 19}, orders: 1, stopped: "first order"},
		{name: "canary", rows: 20, accounts: 20,
			options: engine.Options{Canary: 3, Wait: -1}, want: want{csvimport.Completed: 3, csvimport.Submitted: 17}, orders: 20},
		{name: "canary that fails", rows: 20, accounts: 20,
			set:     func(p *standin) { p.nth[2] = "pf" },
			options: engine.Options{Canary: 3}, want: want{csvimport.Completed: 2, csvimport.Failed: 1, csvimport.Unsent: 17}, orders: 3, stopped: "did not end well"},
		{name: "senders that break off leave doubts", rows: 20, accounts: 20,
			set:     func(p *standin) { p.breakOff(p.sub(3), false); p.breakOff(p.sub(4), true) },
			options: engine.Options{Settle: 5 * time.Second}, want: want{csvimport.Completed: 20}, orders: 20},
		{name: "most open", rows: 30, accounts: 30,
			options: engine.Options{MaxOpen: 2}, want: want{csvimport.Completed: 30}, orders: 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, dir, 7)
				if tt.set != nil {
					tt.set(f.platform)
				}
				rows := f.platform.table(tt.rows, tt.accounts)
				began := time.Now()
				out := f.run(t.Context(), rows, tt.options)
				if out.err != nil {
					t.Fatal(out.err)
				}
				if tt.want != nil {
					if diff := cmp.Diff(map[csvimport.Status]int(tt.want), counts(out.Outcome)); diff != "" {
						t.Errorf("counts (-want +got):\n%s\nstopped: %v", diff, out.Stopped)
					}
					if f.platform.OrderCount() != tt.orders {
						t.Errorf("%d orders, want %d", f.platform.OrderCount(), tt.orders)
					}
				}
				if reason := fmt.Sprint(out.Stopped); (tt.stopped == "") != (out.Stopped == nil) || !strings.Contains(reason, tt.stopped) {
					t.Errorf("stopped: %v, want %q", out.Stopped, tt.stopped)
				}
				if spent := time.Since(began); tt.within > 0 && spent > tt.within {
					t.Errorf("took %s, want at most %s", spent, tt.within)
				}
				if f.platform.MaxInFlightAccount() > 1 {
					t.Errorf("%d requests in flight for one account", f.platform.MaxInFlightAccount())
				}
				if tt.again == nil {
					return
				}
				again := f.run(t.Context(), rows, tt.options)
				if again.err != nil {
					t.Fatal(again.err)
				}
				if diff := cmp.Diff(map[csvimport.Status]int(tt.again), counts(again.Outcome)); diff != "" {
					t.Errorf("counts of the second run (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestImportModel drives runs over one file with random faults, interrupts,
// lost ledgers and edits: whatever happens, no subscription gets two orders,
// every result is true, and runs without faults bring the job to its end.
func TestImportModel(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		seed := rapid.Uint64().Draw(rt, "seed")
		size := rapid.IntRange(1, 120).Draw(rt, "rows")
		accounts := rapid.IntRange(1, size).Draw(rt, "accounts")
		kinds := []string{"lost", "504", "reset", "503", "not-sent", "429", "503-wait", "busy", "500-wrapped", "refused"}
		rates := make([]float64, len(kinds))
		for i, k := range kinds {
			rates[i] = rapid.SampledFrom([]float64{0, 0, 0.02, 0.1}).Draw(rt, k)
		}
		late := time.Duration(rapid.IntRange(0, 3000).Draw(rt, "late")) * time.Millisecond
		drop := rapid.Bool().Draw(rt, "drop references")
		cuts := rapid.SliceOfN(rapid.IntRange(0, 4000), 0, 4).Draw(rt, "interrupts")
		lose := rapid.IntRange(-1, 3).Draw(rt, "lose the ledger before run")
		failed := bubble(t, func(tb *thrower) {
			f := newFixture(tb, dir, seed, apstest.WithTenants(size, 1))
			f.path = filepath.Join(dir, fmt.Sprintf("ledger-%d.db", n))
			f.platform.late = late
			kept := func() {
				if drop {
					f.platform.fault("no-reference", 1)
				}
			}
			kept()
			for i, k := range kinds {
				f.platform.fault(k, rates[i])
			}
			rows := f.platform.table(size, accounts)
			o := engine.Options{Concurrency: 16, Settle: 4 * time.Second, Grace: 20 * time.Millisecond, MaxErrors: pace.Limit{Off: true}}
			for i, cut := range cuts {
				if i == lose {
					// An order of the lost ledger has to be seen before its
					// settle time is over: the promise's one condition.
					time.Sleep(late)
					f.path += "x"
					o.LastImport = time.Now()
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(cut)*time.Millisecond)
				out := f.run(ctx, rows, o)
				cancel()
				if out.err != nil && !errors.Is(out.err, context.DeadlineExceeded) {
					tb.Fatalf("run %d: %v", i, out.err)
				}
				f.platform.shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			}
			f.platform.ClearFaults()
			f.platform.fault("not-sent", 0)
			kept()
			out := f.run(context.Background(), rows, o)
			if out.err != nil {
				tb.Fatalf("last run: %v", out.err)
			}
			for _, r := range out.results {
				switch r.Status {
				case csvimport.Completed, csvimport.Existing:
				case csvimport.Unknown: // without any order to be seen, absence is no proof
					if f.platform.OrderCount() > 0 {
						tb.Fatalf("after a run without faults: %+v\nsaid: %q", r, f.said)
					}
				default:
					tb.Fatalf("after a run without faults: %+v\nsaid: %q", r, f.said)
				}
			}
		})
		if failed != "" {
			rt.Fatal(failed)
		}
	})
}
