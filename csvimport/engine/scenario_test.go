package engine_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine/machinetest"
)

type count = map[csvimport.Status]int

// scene runs do in fake time with a fixture of its own.
func scene(t *testing.T, do func(t *testing.T, f *fixture)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { do(t, newFixture(t, dir, 11)) })
}

func (f *fixture) must(t *testing.T, rows []csvimport.Row, o engine.Options, want count) run {
	t.Helper()
	out := f.run(t.Context(), rows, o)
	if out.err != nil {
		t.Fatal(out.err)
	}
	if diff := cmp.Diff(want, counts(out.Outcome)); diff != "" {
		t.Fatalf("counts (-want +got):\n%s\nstopped: %v", diff, out.Stopped)
	}
	return out
}

func TestRateLimit(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Second} {
		t.Run("retry after "+wait.String(), func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.limit = 20
				f.platform.retryAfter = wait
				rows := table(3000, 3000)
				began := time.Now()
				f.must(t, rows, engine.Options{Concurrency: 64}, count{csvimport.Completed: 3000})
				spent := time.Since(began).Seconds()
				late, refused := 0, 0
				for i, at := range f.platform.started {
					if at.Sub(began) > 10*time.Second {
						late++
						if f.platform.limited[i] {
							refused++
						}
					}
				}
				if share := 3000 / spent / 20; share < 0.85 {
					t.Errorf("held at %.0f %% of the limit, want at least 85 %%", 100*share)
				}
				if share := float64(refused) / float64(late); share >= 0.05 {
					t.Errorf("%.1f %% refused after the first ten seconds, want under 5 %%", 100*share)
				}
				t.Logf("%.0f %% of the limit, %d of %d refused", 3000/spent/20*100, refused, late)
			})
		})
	}
}

// A run goes by the clocks of the machine it is given: while that sleeps, time for
// an order to end passes.
func TestMachineAsleep(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		laptop := machinetest.New("laptop")
		f.machine = laptop
		f.platform.provisioning = time.Hour
		time.AfterFunc(5*time.Second, func() { laptop.Sleep(time.Hour) })
		began := time.Now()
		out := f.must(t, table(5, 5), engine.Options{Wait: 10 * time.Minute}, count{csvimport.Submitted: 5})
		if spent := time.Since(began); spent > time.Minute || out.Seconds < time.Hour.Seconds() {
			t.Errorf("%v of package time, and %v s of the machine's; want less than a minute, and more than an hour", spent, out.Seconds)
		}
	})
}

func TestTwoRunsAtOnce(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.faults["lost"] = 0.05
		rows := table(300, 300)
		o := engine.Options{Concurrency: 8, Settle: 5 * time.Second}
		outs := make([]run, 2)
		var both sync.WaitGroup
		for i, part := range [][]csvimport.Row{rows[:200], rows[100:]} {
			both.Go(func() {
				g := *f
				outs[i] = g.run(t.Context(), part, o)
			})
		}
		both.Wait()
		for i, out := range outs {
			if out.err != nil {
				t.Fatalf("run %d: %v", i, out.err)
			}
			if n := out.Count[csvimport.Completed] + out.Count[csvimport.Existing]; n != 200 {
				t.Errorf("run %d: %v, want 200 completed or existing", i, out.Count)
			}
		}
		if len(f.platform.orders) != 300 {
			t.Errorf("%d orders, want 300", len(f.platform.orders))
		}
	})
}

func TestEditedRows(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := table(6, 6)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 6})
		other := csvimport.Account{APSID: "account-x", ID: "1999999", Company: "Other"}
		plan := csvimport.Plan{APSID: "00000000-0000-4000-8000-0000000000bb", Name: "Other plan"}
		rows[1].Account = &other
		rows[2].Plan, rows[2].PlanID = &plan, plan.APSID
		rows[3].CutOff = "2027-01-01T00:00:00.000Z"
		added := table(8, 8)[6:]
		out := f.must(t, append(rows[1:], added...), engine.Options{}, count{csvimport.Existing: 2, csvimport.Differs: 3, csvimport.Completed: 2})
		want := []string{
			"target account: the order has 1000002 (Company 1), the row has 1999999 (Other)",
			"service plan: the order has 00000000-0000-4000-8000-0000000000aa (Azure plan), the row has 00000000-0000-4000-8000-0000000000bb (Other plan)",
			"cut-off date: the order has none, the row has 2027-01-01T00:00:00.000Z",
		}
		var got []string
		for _, r := range out.results[:3] {
			words, ok := strings.CutPrefix(r.Error, "by order "+r.OrderNumber+" ("+r.OrderID+"): ")
			if !ok {
				t.Errorf("%q does not name the order", r.Error)
			}
			got = append(got, words)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
	})
}

func TestLostLedger(t *testing.T) {
	for _, drop := range []bool{false, true} {
		scene(t, func(t *testing.T, f *fixture) {
			f.platform.dropRefs = drop
			f.platform.late = 3 * time.Second
			rows := table(200, 200)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			f.run(ctx, rows, engine.Options{Grace: 10 * time.Millisecond, Settle: 10 * time.Second})
			cancel()
			f.path += ".new" // and with it all that was known
			out := f.run(t.Context(), rows, engine.Options{Settle: 10 * time.Second})
			if stop, _ := errors.AsType[*engine.StopError](out.Stopped); stop == nil || stop.Code != engine.StopLost || out.Count[csvimport.Unsent] > 0 {
				t.Errorf("stopped: %v with %v, want a question, and rows that may exist", out.Stopped, out.Count)
			}
			ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
			out = f.run(ctx, rows, engine.Options{Settle: 10 * time.Second, LastImport: time.Now()})
			cancel()
			if !out.Interrupted || out.Count[csvimport.Unsent] > 0 {
				t.Errorf("%v, want no row told as not sent while it waits for orders to turn up", out.Count)
			}
			out = f.run(t.Context(), rows, engine.Options{Settle: 10 * time.Second, LastImport: time.Now()})
			if out.err != nil {
				t.Fatal(out.err)
			}
			if n := out.Count[csvimport.Completed] + out.Count[csvimport.Existing]; n != 200 || len(f.platform.orders) != 200 {
				t.Errorf("%v, %d orders, want 200 done", out.Count, len(f.platform.orders))
			}
		})
	}
}

// TestAdoptedAccountIsNamed: what is said of an adopted order names its account
// as people do.
func TestAdoptedAccountIsNamed(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := table(2, 2)
		f.platform.create(apsclient.OrderRequest{AccountID: "account-x", PlanID: rows[0].PlanID, Subscription: sub(0), Reference: csvimport.Reference(sub(0), 1)})
		name := func(apsID string) (csvimport.Account, bool) {
			return csvimport.Account{APSID: apsID, ID: "1999999", Company: "Other"}, apsID == "account-x"
		}
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform, Book: book, Run: r,
				Account: name, Options: engine.Options{Settle: time.Second, Loopback: true, LastImport: time.Now()}})
			if err != nil {
				t.Fatal(err)
			}
			for reported, err := range out.Results(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				res := reported.Result
				want := "by order SO000001 (order-000001): target account: the order has 1999999 (Other), the row has 1000001 (Company 0)"
				if res.SubID == sub(0) && (res.Status != csvimport.Differs || res.Error != want) {
					t.Errorf("%s: %q, want differs: %q", res.Status, res.Error, want)
				}
			}
		})
	})
}

// An order of somebody else's that came later than the first one of this run makes it
// wait until nothing of theirs can turn up any more.
func TestForeignOrderHoldsBack(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := table(2000, 2000)
		time.AfterFunc(10*time.Second, func() {
			f.platform.mu.Lock()
			defer f.platform.mu.Unlock()
			f.platform.create(apsclient.OrderRequest{AccountID: "account-x", Subscription: sub(4000), Reference: csvimport.Reference(sub(4000), 1)})
		})
		began := time.Now()
		f.must(t, rows, engine.Options{Watch: time.Second}, count{csvimport.Completed: 2000})
		if spent := time.Since(began); spent < 30*time.Second || spent > 45*time.Second {
			t.Errorf("took %v, want ten seconds more", spent)
		}
	})
}

func TestAgain(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := table(3, 3)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 3})
		o := engine.Options{Again: []string{sub(1)}}
		if out := f.run(t.Context(), rows, o); out.err == nil {
			t.Error("a new order was opened for a completed one")
		}
		first := f.platform.of(sub(1))[0]
		first.Status = "CL"
		rows = rows[1:2]
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform, Book: book, Run: r, Options: o})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(count{csvimport.Completed: 1}, out.Count); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
		want := []string{csvimport.Reference(sub(1), 1), csvimport.Reference(sub(1), 2)}
		var got []string
		for _, o := range f.platform.of(sub(1)) {
			got = append(got, o.Reference)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("references (-want +got):\n%s", diff)
		}
	})
}

func TestAgainRefused(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.once[sub(1)] = "pf"
		rows := table(3, 3)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 2, csvimport.Failed: 1})
		for _, s := range []string{sub(0), sub(1), sub(7)} {
			out := f.run(t.Context(), rows, engine.Options{Again: []string{s}})
			if _, ok := errors.AsType[*engine.AgainError](out.err); !ok {
				t.Errorf("new order for %s: error %v, want an AgainError", s, out.err)
			}
		}
	})
}

func TestReconcile(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.faults["lost"] = 0.2
		f.platform.once[sub(4)] = "pf"
		rows := table(50, 50)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		f.run(ctx, rows, engine.Options{Grace: time.Millisecond})
		cancel()
		for i := range f.platform.orders {
			if f.platform.orders[i].Status == "PF" {
				f.platform.orders[i].Status = "CP" // resubmitted by staff
			}
		}
		before := len(f.platform.orders)
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Reconcile(t.Context(), engine.Job{Orders: f.platform, Book: book, Run: r, Options: engine.Options{Settle: 5 * time.Second}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := out.Count[csvimport.Completed] + out.Count[csvimport.Existing] + out.Count[csvimport.Unsent]; n != out.Rows || out.Rows == 0 {
				t.Errorf("%d rows: %v, want all settled", out.Rows, out.Count)
			}
			left := 0
			for range book.Entries(t.Context(), ledger.Intended, ledger.Doubt, ledger.Accepted) {
				left++
			}
			if left != 0 {
				t.Errorf("%d entries left unsettled", left)
			}
		})
		if len(f.platform.orders) != before {
			t.Errorf("reconcile placed %d orders", len(f.platform.orders)-before)
		}
	})
}

// TestNotImported: an order that completed without importing anything is told
// in every run, until the tenant list shows the subscription as imported.
func TestNotImported(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := table(3, 3)
		imported := false
		list := func(context.Context) iter.Seq2[csvimport.Binding, error] {
			return func(yield func(csvimport.Binding, error) bool) {
				for i := range rows {
					if !yield(csvimport.Binding{Sub: sub(i), Known: true, Imported: imported || i != 1}, nil) {
						return
					}
				}
			}
		}
		once := func() (out *engine.Outcome, codes []string) {
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				_, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.SawImport(time.Second) })
				if err != nil {
					t.Fatal(err)
				}
				out, err = engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform, Book: book, Run: r, Imported: list})
				if err != nil {
					t.Fatal(err)
				}
				for reported, err := range out.Results(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					codes = append(codes, reported.Result.ErrorCode)
				}
			})
			return out, codes
		}
		for range 2 {
			out, codes := once()
			if stop, ok := errors.AsType[*engine.StopError](out.Stopped); !ok || !stop.Systemic() {
				t.Errorf("stopped: %v, want a systemic stop", out.Stopped)
			}
			if diff := cmp.Diff([]string{"", "NOT_IMPORTED", ""}, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			for i := range rows {
				rows[i].Binding = csvimport.Binding{Sub: sub(i), Known: true, Imported: i != 1}
			}
		}
		more := table(5, 5)
		for i := range more[:3] {
			more[i].Binding = rows[i].Binding
		}
		rows = more
		if once(); len(f.platform.orders) != 3 {
			t.Errorf("%d orders: more were placed although an earlier one had imported nothing", len(f.platform.orders))
		}
		imported = true
		rows = rows[:3]
		rows[1].Binding.Imported = true
		out, codes := once()
		if diff := cmp.Diff([]string{"", "", ""}, codes); diff != "" || out.Stopped != nil {
			t.Errorf("stopped: %v, codes (-want +got):\n%s", out.Stopped, diff)
		}
	})
}

// A row that another run was denied, and looks for, is that run's: one that names it
// too waits for what becomes of it.
func TestDeniedByAnotherRun(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.faults["slow-down"] = 0.3
		rows := table(60, 60)
		outs := make([]run, 2)
		var both sync.WaitGroup
		for i, part := range [][]csvimport.Row{rows[:50], rows[10:]} {
			both.Go(func() {
				g := *f
				outs[i] = g.run(t.Context(), part, engine.Options{Concurrency: 8})
			})
		}
		both.Wait()
		for i, out := range outs {
			if out.err != nil {
				t.Fatalf("run %d: %v", i, out.err)
			}
			if n := out.Count[csvimport.Completed] + out.Count[csvimport.Existing]; n != 50 {
				t.Errorf("run %d: %v, want 50 completed or existing", i, out.Count)
			}
		}
	})
}

// TestImportShowsLater: a tenant list that follows some time behind the orders is
// given that time, and more, before what it does not show counts.
func TestImportShowsLater(t *testing.T) {
	for _, tc := range []struct {
		name       string
		later      time.Duration
		want       csvimport.Status
		stops      bool
		seen       time.Duration // after which it was seen to show an import
		shownAfter bool          // in this run
	}{
		{"as long as it took before", 40 * time.Second, csvimport.Completed, false, 40 * time.Second, true},
		{"somewhat longer", 100 * time.Second, csvimport.Completed, false, 2 * time.Second, true},
		{"never", 24 * time.Hour, csvimport.Differs, true, 2 * time.Second, false},
		{"later than a run waits, where it was seen late", time.Hour, csvimport.Completed, false, time.Hour, false},
		{"never, where it was never seen", 24 * time.Hour, csvimport.Completed, false, 0, false},
	} {
		scene(t, func(t *testing.T, f *fixture) {
			rows := table(1, 1)
			placed := time.Time{}
			list := func(context.Context) iter.Seq2[csvimport.Binding, error] {
				return func(yield func(csvimport.Binding, error) bool) {
					if placed.IsZero() {
						placed = time.Now()
					}
					yield(csvimport.Binding{Sub: sub(0), Known: true, Imported: time.Since(placed) > tc.later}, nil)
				}
			}
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				if tc.seen > 0 {
					_, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.SawImport(tc.seen) })
					if err != nil {
						t.Fatal(err)
					}
				}
				out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform, Book: book, Run: r, Imported: list})
				if err != nil {
					t.Fatal(err)
				}
				if out.Count[tc.want] != 1 || (out.Stopped != nil) != tc.stops {
					t.Errorf("%s: %v, stopped: %v, want %s", tc.name, out.Count, out.Stopped, tc.want)
				}
				entries, err := book.Find(t.Context(), []string{sub(0)})
				if e := entries[sub(0)]; err != nil || (e.Imported == ledger.ImportYes) != tc.shownAfter {
					t.Errorf("%s: imported is %v, error %v", tc.name, e.Imported, err)
				}
			})
		})
	}
}

// TestDoubtAndOneWrongClock: how long a row has been in doubt is told by two clocks,
// across runs too. One answer with a wrong time does not have it sent again.
func TestDoubtAndOneWrongClock(t *testing.T) {
	for _, tc := range []struct {
		name    string
		then    time.Duration // by which the platform's clock is off when the doubt begins
		after   time.Duration // until the next run
		now     time.Duration // by which it is off then
		resends bool
	}{
		{"right, and time has passed", 0, 25 * time.Hour, 0, true},
		{"a day behind at first", -24 * time.Hour, time.Hour, 0, false},
		{"a day ahead later", 0, time.Hour, 24 * time.Hour, false},
		{"a day ahead at first, and time has passed", 24 * time.Hour, 25 * time.Hour, 0, false},
	} {
		scene(t, func(t *testing.T, f *fixture) {
			rows := table(4, 4)
			f.platform.nth[2] = "reset"
			f.platform.off = tc.then
			f.run(t.Context(), rows, engine.Options{})
			time.Sleep(tc.after)
			f.platform.off = tc.now
			orders := len(f.platform.orders)
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform, Book: book, Run: r,
					Options: engine.Options{Loopback: true, ResendDoubts: true}})
				if err != nil || len(f.platform.orders) > orders != tc.resends {
					t.Errorf("%s: %v, error %v, %d orders before and %d after", tc.name, out.Count, err, orders, len(f.platform.orders))
				}
			})
		})
	}
}
