package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/again"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine/machinetest"
	"bulkimport/csvimport/notice"
)

type count = map[csvimport.Status]int

// scene runs do in fake time with a fixture of its own.
func scene(t *testing.T, do func(t *testing.T, f *fixture), opts ...apstest.Option) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { do(t, newFixture(t, dir, 11, opts...)) })
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
	const orders = 2500 // two minutes of the limit: how the pace is found is drawn
	for _, wait := range []time.Duration{0, time.Second} {
		t.Run("retry after "+wait.String(), func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows := f.platform.table(orders, orders)
				began := time.Now()
				f.must(t, rows, engine.Options{Concurrency: 64}, count{csvimport.Completed: orders})
				spent := time.Since(began).Seconds()
				late, refused := 0, 0
				for _, r := range f.platform.Requests() {
					if r.Kind == "place" && r.Time.Sub(began) > 10*time.Second {
						late++
						if r.Status == http.StatusTooManyRequests {
							refused++
						}
					}
				}
				if share := orders / spent / 20; share < 0.85 {
					t.Errorf("held at %.0f %% of the limit, want at least 85 %%", 100*share)
				}
				if share := float64(refused) / float64(late); share >= 0.05 {
					t.Errorf("%.1f %% refused after the first ten seconds, want under 5 %%", 100*share)
				}
				t.Logf("%.0f %% of the limit, %d of %d refused", orders/spent/20*100, refused, late)
			}, apstest.WithTenants(orders+1, 1), func(c *apstest.Config) { c.RateLimit, c.RetryAfter, c.RateLimitWait = 20, wait, wait > 0 })
		})
	}
}

// A run goes by the clocks of the machine it is given: while that sleeps, time for
// an order to end passes.
func TestMachineAsleep(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		laptop := machinetest.New("laptop")
		f.machine = laptop
		f.platform.SetProvisioning(time.Hour)
		time.AfterFunc(5*time.Second, func() { laptop.Sleep(time.Hour) })
		began := time.Now()
		out := f.must(t, f.platform.table(5, 5), engine.Options{Wait: 10 * time.Minute}, count{csvimport.Submitted: 5})
		if spent := time.Since(began); spent > time.Minute || out.Seconds < time.Hour.Seconds() {
			t.Errorf("%v of package time, and %v s of the machine's; want less than a minute, and more than an hour", spent, out.Seconds)
		}
	})
}

func TestTwoRunsAtOnce(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.fault("lost", 0.05)
		rows := f.platform.table(300, 300)
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
		if f.platform.OrderCount() != 300 {
			t.Errorf("%d orders, want 300", f.platform.OrderCount())
		}
	})
}

func TestEditedRows(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(6, 6)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 6})
		was, other := *rows[1].Account, f.platform.other()
		had, plan := *rows[2].Plan, f.platform.plan(1)
		rows[1].Account = &other
		rows[2].Plan, rows[2].PlanID = &plan, plan.APSID
		rows[3].CutOff = "2027-01-01T00:00:00.000Z"
		added := f.platform.table(8, 8)[6:]
		out := f.must(t, append(rows[1:], added...), engine.Options{}, count{csvimport.Existing: 2, csvimport.Differs: 3, csvimport.Completed: 2})
		want := []string{
			fmt.Sprintf("target account: the order has %s (%s), the row has %s (%s)", was.ID, was.Company, other.ID, other.Company),
			fmt.Sprintf("service plan: the order has %s (%s), the row has %s (%s)", had.APSID, had.Name, plan.APSID, plan.Name),
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
			if drop {
				f.platform.fault("no-reference", 1)
			}
			f.platform.late = 3 * time.Second
			rows := f.platform.table(200, 200)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			f.run(ctx, rows, engine.Options{Grace: 10 * time.Millisecond, Settle: 10 * time.Second})
			cancel()
			f.path += ".new" // and with it all that was known
			out := f.run(t.Context(), rows, engine.Options{Settle: 10 * time.Second})
			if stop, _ := errors.AsType[*notice.StopError](out.Stopped); stop == nil || stop.Code != notice.StopLost || out.Count[csvimport.Unsent] > 0 {
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
			if n := out.Count[csvimport.Completed] + out.Count[csvimport.Existing]; n != 200 || f.platform.OrderCount() != 200 {
				t.Errorf("%v, %d orders, want 200 done", out.Count, f.platform.OrderCount())
			}
		})
	}
}

// TestAdoptedAccountIsNamed: what is said of an adopted order names its account
// as people do.
func TestAdoptedAccountIsNamed(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(2, 2)
		id, target, other := f.platform.add(0), rows[0].Account, f.platform.other()
		name := func(apsID string) (csvimport.Account, bool) { return other, apsID == other.APSID }
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r,
				Account: name, Options: engine.Options{Settle: time.Second, Loopback: true, LastImport: time.Now()}})
			if err != nil {
				t.Fatal(err)
			}
			for reported, err := range out.Results(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				res := reported.Result
				want := fmt.Sprintf("by order SO000001 (%s): target account: the order has %s (%s), the row has %s (%s)", id, other.ID, other.Company, target.ID, target.Company)
				if res.SubID == f.platform.sub(0) && (res.Status != csvimport.Differs || res.Error != want) {
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
		rows := f.platform.table(200, 200)
		f.platform.latency = 500 * time.Millisecond
		time.AfterFunc(10*time.Second, func() { f.platform.add(200) })
		began := time.Now()
		f.must(t, rows, engine.Options{Watch: time.Second}, count{csvimport.Completed: 200})
		if spent := time.Since(began); spent < 30*time.Second || spent > 45*time.Second {
			t.Errorf("took %v, want ten seconds more", spent)
		}
	})
}

func TestAgain(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(3, 3)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 3})
		o := engine.Options{Again: []string{f.platform.sub(1)}}
		if out := f.run(t.Context(), rows, o); out.err == nil {
			t.Error("a new order was opened for a completed one")
		}
		f.platform.stand(f.platform.sub(1), "CL")
		rows = rows[1:2]
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r, Options: o})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(count{csvimport.Completed: 1}, out.Count); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
		want := []string{csvimport.Reference(f.platform.sub(1), 1), csvimport.Reference(f.platform.sub(1), 2)}
		var got []string
		for _, o := range f.platform.of(f.platform.sub(1)) {
			got = append(got, o.Reference)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("references (-want +got):\n%s", diff)
		}
	})
}

func TestAgainRefused(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.FaultRow("pf", f.platform.sub(1), 1)
		rows := f.platform.table(3, 3)
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 2, csvimport.Failed: 1})
		for _, s := range []string{f.platform.sub(0), f.platform.sub(1), f.platform.sub(7)} {
			out := f.run(t.Context(), rows, engine.Options{Again: []string{s}})
			if _, ok := errors.AsType[*again.Error](out.err); !ok {
				t.Errorf("new order for %s: error %v, want an AgainError", s, out.err)
			}
		}
	})
}

func TestReconcile(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.FaultRow("pf", f.platform.sub(4), 1)
		rows := f.platform.table(50, 50)
		f.must(t, rows[4:5], engine.Options{}, count{csvimport.Failed: 1})
		f.platform.fault("lost", 0.2)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		f.run(ctx, rows, engine.Options{Grace: time.Millisecond})
		cancel()
		f.platform.stand(f.platform.sub(4), "CP") // resubmitted by staff
		before := f.platform.OrderCount()
		f.with(func(book *sqlite.Book, r ledger.Begun) {
			out, err := engine.Reconcile(t.Context(), engine.Job{Orders: f.platform.orders(), Book: book, Run: r, Options: engine.Options{Settle: 5 * time.Second}}, nil)
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
		if f.platform.OrderCount() != before {
			t.Errorf("reconcile placed %d orders", f.platform.OrderCount()-before)
		}
	})
}

// TestNotImported: an order that completed without importing anything is told
// in every run, until the tenant list shows the subscription as imported.
func TestNotImported(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(3, 3)
		imported := false
		list := func(context.Context) iter.Seq2[csvimport.Binding, error] {
			return func(yield func(csvimport.Binding, error) bool) {
				for i := range rows {
					if !yield(csvimport.Binding{Sub: f.platform.sub(i), Known: true, Imported: imported || i != 1}, nil) {
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
				out, err = engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r, Imported: list})
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
			if stop, ok := errors.AsType[*notice.StopError](out.Stopped); !ok || !stop.Systemic() {
				t.Errorf("stopped: %v, want a systemic stop", out.Stopped)
			}
			if diff := cmp.Diff([]string{"", "NOT_IMPORTED", ""}, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			for i := range rows {
				rows[i].Binding = csvimport.Binding{Sub: f.platform.sub(i), Known: true, Imported: i != 1}
			}
		}
		more := f.platform.table(5, 5)
		for i := range more[:3] {
			more[i].Binding = rows[i].Binding
		}
		rows = more
		if once(); f.platform.OrderCount() != 3 {
			t.Errorf("%d orders: more were placed although an earlier one had imported nothing", f.platform.OrderCount())
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
		f.platform.fault("503-wait", 0.3)
		rows := f.platform.table(60, 60)
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
			rows := f.platform.table(1, 1)
			placed := time.Time{}
			list := func(context.Context) iter.Seq2[csvimport.Binding, error] {
				return func(yield func(csvimport.Binding, error) bool) {
					if placed.IsZero() {
						placed = time.Now()
					}
					yield(csvimport.Binding{Sub: f.platform.sub(0), Known: true, Imported: time.Since(placed) > tc.later}, nil)
				}
			}
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				if tc.seen > 0 {
					_, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.SawImport(tc.seen) })
					if err != nil {
						t.Fatal(err)
					}
				}
				out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r, Imported: list})
				if err != nil {
					t.Fatal(err)
				}
				if out.Count[tc.want] != 1 || (out.Stopped != nil) != tc.stops {
					t.Errorf("%s: %v, stopped: %v, want %s", tc.name, out.Count, out.Stopped, tc.want)
				}
				entries, err := book.Find(t.Context(), []string{f.platform.sub(0)})
				if e := entries[f.platform.sub(0)]; err != nil || (e.Imported == ledger.ImportYes) != tc.shownAfter {
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
			rows := f.platform.table(4, 4)
			f.platform.nth[2] = "reset"
			f.platform.tokens = true
			f.platform.SetSkew(tc.then)
			f.run(t.Context(), rows, engine.Options{})
			time.Sleep(tc.after)
			f.platform.SetSkew(tc.now)
			orders := f.platform.OrderCount()
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r,
					Options: engine.Options{Loopback: true, ResendDoubts: true}})
				if err != nil || f.platform.OrderCount() > orders != tc.resends {
					t.Errorf("%s: %v, error %v, %d orders before and %d after", tc.name, out.Count, err, orders, f.platform.OrderCount())
				}
			})
		})
	}
}

// waking is a run of a ledger to which no other is known to have ended.
type waking struct{ ledger.Run }

func (waking) Ended(int64) bool { return false }

// TestDoubtOfARunThatMayWake: a row is not sent again that a run may still send which was
// only not heard of, however long a person has waited.
func TestDoubtOfARunThatMayWake(t *testing.T) {
	const why = "no order was found, and the run that was to send it is not known to have ended: it may send it yet"
	for _, tc := range []struct {
		name    string
		waking  bool
		tokens  bool
		window  time.Duration // as measured
		message string        // empty: it is sent again
	}{
		{"it has ended", false, true, 0, ""},
		{"signatures are taken for minutes", true, false, 6 * time.Minute, ""},
		{"for how long is not known", true, false, 0, why},
		{"requests have no date, those of earlier runs had", true, true, 6 * time.Minute, why},
		{"for long, and its clock may have been ahead", true, false, 13 * time.Hour, why + ", until Sun 2 Jan 02:01 UTC"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows := f.platform.table(4, 4)
				f.platform.nth[2], f.platform.tokens = "reset", tc.tokens
				f.must(t, rows, engine.Options{}, count{csvimport.Completed: 3, csvimport.Unknown: 1})
				f.with(func(book *sqlite.Book, r ledger.Begun) {
					if _, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.Measured.Window = tc.window }); err != nil {
						t.Fatal(err)
					}
				})
				time.Sleep(25 * time.Hour)
				if tc.waking {
					f.ledger = func(r ledger.Run) ledger.Run { return waking{r} }
				}
				f.resend = true
				out := f.run(t.Context(), rows, engine.Options{})
				for _, res := range out.results {
					if tc.message != "" && res.Status == csvimport.Unknown && !strings.HasSuffix(res.Error, tc.message) {
						t.Errorf("it says %q, want %q", res.Error, tc.message)
					}
				}
				if unknown := out.Count[csvimport.Unknown]; unknown != min(len(tc.message), 1) {
					t.Errorf("%v, want %q", out.Count, tc.message)
				}
			})
		})
	}
}
