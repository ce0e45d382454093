package engine_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/notice"
)

// What broke the importer once, in fake time.

func TestRowEditedInDoubt(t *testing.T) {
	for _, tt := range []struct {
		fault string
		want  count
	}{
		{"reset", count{csvimport.Completed: 1}}, // nothing was ordered: the row as it is now
		{"lost", count{csvimport.Differs: 1}},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.late = 2 * time.Second
				f.platform.FaultRow(tt.fault, f.platform.sub(0), 1)
				rows := f.platform.table(1, 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				f.run(ctx, rows, engine.Options{Settle: 5 * time.Second})
				cancel()
				other := f.platform.other()
				rows[0].Account = &other
				f.must(t, rows, engine.Options{Settle: 5 * time.Second}, count(tt.want))
				if got := f.platform.of(f.platform.sub(0))[0].AccountID; tt.fault == "reset" && got != other.APSID {
					t.Errorf("ordered for %s, want the account of the edited row", got)
				}
			})
		})
	}
}

func TestResubmittedOrder(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.FaultRow("pf", f.platform.sub(0), 1)
		rows := f.platform.table(1, 1)
		f.must(t, rows, engine.Options{}, count{csvimport.Failed: 1})
		f.platform.stand(f.platform.sub(0), "LO")
		f.must(t, rows, engine.Options{Wait: 5 * time.Second}, count{csvimport.Submitted: 1})
		f.platform.stand(f.platform.sub(0), "CP")
		f.must(t, rows, engine.Options{}, count{csvimport.Existing: 1})
	})
}

func TestRunsThatWaitForEachOther(t *testing.T) {
	for _, wait := range []time.Duration{-1, 2 * time.Second} {
		t.Run(wait.String(), func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.SetProvisioning(time.Hour)
				rows := f.platform.table(40, 40)
				back := make([]csvimport.Row, len(rows))
				for i := range rows {
					back[len(rows)-1-i] = rows[i]
				}
				began := time.Now()
				var both sync.WaitGroup
				for _, part := range [][]csvimport.Row{rows, back} {
					both.Go(func() {
						g := *f
						if out := g.run(t.Context(), part, engine.Options{Wait: wait}); out.err != nil || out.Count[csvimport.Submitted] != 40 {
							t.Errorf("error %v, want 40 submitted", out.err)
						}
					})
				}
				both.Wait()
				if spent := time.Since(began); spent > time.Minute {
					t.Errorf("they waited for %s", spent)
				}
			})
		})
	}
}

func TestCanaryRowTriedAgain(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.nth[1] = "503-wait"
		f.platform.addOrder(apstest.StoredOrder{}) // somebody else's, which shows that the listing works
		f.must(t, f.platform.table(20, 20), engine.Options{Canary: 1}, count{csvimport.Completed: 20})
	})
}

func TestCanaryWithoutAnswer(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.nth[1] = "reset"
		began := time.Now()
		f.must(t, f.platform.table(20, 20), engine.Options{Canary: 1}, count{csvimport.Unknown: 1, csvimport.Unsent: 19})
		if spent := time.Since(began); spent > 3*time.Minute {
			t.Errorf("took %s", spent)
		}
	})
}

func TestPauseLongerThanThePatience(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		time.AfterFunc(175*time.Millisecond, func() { f.platform.SetOutage(false) })
		began := time.Now()
		out := f.run(t.Context(), f.platform.table(20, 20), engine.Options{Concurrency: 1, Patience: 3 * time.Second, Wait: time.Second})
		if out.err != nil || out.Stopped == nil || time.Since(began) > time.Minute {
			t.Errorf("error %v, stopped %v after %s, want a stop after the patience", out.err, out.Stopped, time.Since(began))
		}
	}, func(c *apstest.Config) { c.RetryAfter = 10 * time.Minute })
}

// TestOrderThatDoesNotShowYet: where another ledger has been at work, the
// youngest order may be one that does not show yet.
func TestOrderThatDoesNotShowYet(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.late = 4 * time.Second
		f.platform.SetProvisioning(time.Hour)
		rows := f.platform.table(12, 12)
		o := engine.Options{Concurrency: 1, Rate: 0.2, Settle: 5 * time.Second, Wait: -1, Grace: time.Millisecond}
		ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
		f.run(ctx, rows, o) // the second order has been placed, and does not show
		cancel()
		f.path += ".new"
		o.Rate, o.LastImport = 0, time.Now()
		f.run(t.Context(), rows, o)
		if f.platform.OrderCount() != 12 {
			t.Errorf("%d orders, want 12", f.platform.OrderCount())
		}
	})
}

// With a person's word that another import has other rows its orders are no reason to
// wait, however fast they come.
func TestBesideABusyImport(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		over := make(chan struct{})
		go func() {
			for i := 20; i < 4000; i++ {
				select {
				case <-over:
					return
				case <-time.After(20 * time.Millisecond):
				}
				f.platform.add(i)
			}
		}()
		defer close(over)
		began := time.Now()
		f.must(t, f.platform.table(20, 20), engine.Options{Beside: true}, count{csvimport.Completed: 20})
		if spent := time.Since(began); spent > time.Minute {
			t.Errorf("took %v", spent)
		}
	}, apstest.WithTenants(4000, 1))
}

// A no that every order would hear ends the run: the row that heard it is looked for
// once, and not for as long as orders may take to turn up.
func TestDeniedForAll(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.nth[1] = "401"
		began := time.Now()
		out := f.must(t, f.platform.table(20, 20), engine.Options{}, count{csvimport.Unknown: 1, csvimport.Unsent: 19})
		if spent := time.Since(began); spent > 3*time.Second || out.Stopped == nil {
			t.Errorf("stopped %v after %v", out.Stopped, spent)
		}
	})
}

// A row that was denied is not given up while another one, in doubt, may still be sent
// again: its order shows that the listing works.
func TestDeniedBesideADoubt(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.nth[1], f.platform.nth[2] = "429", "reset"
		rows, o := f.platform.table(2, 1), engine.Options{Settle: 4 * time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		f.run(ctx, rows, o)
		cancel()
		f.must(t, rows, o, count{csvimport.Completed: 2})
	})
}

// Nor is it while a row that nobody has sent yet is to be the first order, or that one is
// to show: it is the very first on this platform.
func TestDeniedBeforeTheFirstOrder(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.nth[1], f.platform.late = "503-wait", 3*time.Second
		rows, o := f.platform.table(5, 5), engine.Options{Settle: 4 * time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), 1700*time.Millisecond)
		f.run(ctx, rows, o)
		cancel()
		f.must(t, rows, o, count{csvimport.Completed: 5})
	})
}

// A row that came to its good end is told by what there is at the end: staff cancelled its
// order meanwhile, and another run sent it again.
func TestCancelledAndSentAgainMeanwhile(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(3, 3)
		sub := rows[1].SubID
		other := *f
		f.imported = func(context.Context) iter.Seq2[csvimport.Binding, error] { // asked after the end
			f.platform.stand(sub, "CL")
			f.platform.fault("reset", 1)
			out := other.run(t.Context(), rows[1:2], engine.Options{Again: []string{sub}})
			if diff := cmp.Diff(count{csvimport.Unknown: 1}, counts(out.Outcome)); diff != "" || out.err != nil {
				t.Errorf("counts of the other run (-want +got):\n%s\nerror %v", diff, out.err)
			}
			return func(func(csvimport.Binding, error) bool) {}
		}
		f.must(t, rows, engine.Options{}, count{csvimport.Completed: 2, csvimport.Unknown: 1})
	})
}

// Where orders cannot be listed any more none is placed, and the run does not wait for
// ever.
func TestListsFailLater(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		time.AfterFunc(5*time.Second, func() { f.platform.fault("orders-get", 1) })
		began := time.Now()
		out := f.run(t.Context(), f.platform.table(400, 400), engine.Options{Rate: 1, Wait: time.Minute, Patience: 5 * time.Minute})
		stop, _ := errors.AsType[*notice.StopError](out.Stopped)
		if out.err != nil || stop == nil || stop.Code != notice.StopOutage {
			t.Errorf("error %v, stopped %v, want an outage", out.err, out.Stopped)
		}
		if spent := time.Since(began); spent > 10*time.Minute {
			t.Errorf("took %v", spent)
		}
	})
}

// A tenant list that shows some imports and not others is not known to follow.
func TestListThatFollowsHalfway(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(4, 4)
		half := func(context.Context) iter.Seq2[csvimport.Binding, error] {
			return func(yield func(csvimport.Binding, error) bool) {
				for i := range rows {
					if !yield(csvimport.Binding{Sub: f.platform.sub(i), Known: true, Imported: i%2 == 0}, nil) {
						return
					}
				}
			}
		}
		for _, part := range [][]csvimport.Row{rows[:2], rows[2:]} {
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				out, err := engine.Import(t.Context(), engine.Job{Rows: stream(part), Orders: f.platform.orders(), Book: book, Run: r, Imported: half,
					Options: engine.Options{Loopback: true}})
				if err != nil || out.Stopped != nil || out.Count[csvimport.Completed] != 2 {
					t.Errorf("error %v, stopped %v, counts %v", err, out.Stopped, out.Count)
				}
			})
		}
	})
}

// Where answers name orders of other rows, two rows ask for one order at the same time:
// each takes what is its own.
func TestOneOrderNamedTwice(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.late = 20 * time.Second
		f.platform.fault("other-id", 0.5)
		f.must(t, f.platform.table(100, 100), engine.Options{}, count{csvimport.Completed: 100})
	}, apstest.WithProvisioning(30*time.Second))
}

// The tenant list is given its time from when an order was seen to be at its end, also
// where that order was found after a no.
func TestEndOfAnOrderFoundAfterANo(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.FaultRow("429-after", f.platform.sub(1), 1)
		f.must(t, f.platform.table(2, 2), engine.Options{}, count{csvimport.Completed: 2})
		f.with(func(book *sqlite.Book, _ ledger.Begun) {
			e, err := book.Find(t.Context(), []string{f.platform.sub(1)})
			if err != nil {
				t.Fatal(err)
			}
			if found := e[f.platform.sub(1)]; found.FinishedAt.IsZero() || found.FinishedAt.Before(found.ShownAt) {
				t.Errorf("finished at %v, shown at %v", found.FinishedAt, found.ShownAt)
			}
		})
	}, apstest.WithProvisioning(0))
}

// A row that was denied here, and ordered by another ledger after it was edited, is what
// that order says, and not what was to be ordered here.
func TestOrderedElsewhereAfterAnEdit(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(1, 1)
		f.platform.nth[1] = "429"
		f.must(t, rows, engine.Options{Patience: time.Second}, count{csvimport.Unknown: 1})
		other := f.platform.other()
		rows[0].Account = &other
		path := f.path
		f.path += ".new"
		f.must(t, rows, engine.Options{LastImport: time.Now().Add(-time.Hour)}, count{csvimport.Completed: 1})
		f.path = path
		out := f.must(t, rows, engine.Options{}, count{csvimport.Existing: 1})
		if by := out.results[0].PlacedBy; by != "other ledger" {
			t.Errorf("placed by %q", by)
		}
	})
}

// setBack is a run whose ledger is set back once so many intents were granted.
type setBack struct {
	ledger.Run
	left atomic.Int64
}

func (s *setBack) Intend(ctx context.Context, e ledger.Entry) (ledger.Entry, bool, error) {
	if s.left.Add(-1) < 0 {
		return ledger.Entry{}, false, &ledger.Error{Where: "ledger", Err: ledger.ErrReplaced}
	}
	return s.Run.Intend(ctx, e)
}

// TestLedgerSetBack: other runs may have ordered what a ledger that was set back does
// not know of any more, and none of it is told as not sent, at whatever point of its way
// a row was.
func TestLedgerSetBack(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		const rows, granted = 60, 10
		f.ledger = func(r ledger.Run) ledger.Run {
			s := &setBack{Run: r}
			s.left.Store(granted)
			return s
		}
		out := f.run(t.Context(), f.platform.table(rows, rows), engine.Options{Concurrency: 16})
		if !errors.Is(out.Stopped, ledger.ErrReplaced) {
			t.Errorf("stopped: %v", out.Stopped)
		}
		if n := out.Count[csvimport.Unknown]; n < rows-granted || n+out.Count[csvimport.Submitted]+out.Count[csvimport.Completed] != rows {
			t.Errorf("%v, want %d unknown or more, and nothing not sent", out.Count, rows-granted)
		}
		for _, r := range out.results {
			if r.Status == csvimport.Unsent {
				t.Errorf("told as not sent: %+v", r)
			}
		}
	})
}

// TestFoundThatAnotherRunLetGo: an order that is listed for a row which another live run
// has sent and has let go of, since none was found, is the row's.
func TestFoundThatAnotherRunLetGo(t *testing.T) {
	for _, state := range []ledger.State{ledger.NotSent, ledger.Refused} {
		scene(t, func(t *testing.T, f *fixture) {
			rows := f.platform.table(2, 2)
			f.with(func(_ *sqlite.Book, other ledger.Begun) {
				e, granted, err := other.Intend(t.Context(), ledger.Entry{Sub: rows[1].SubID, Gen: 1, AccountID: rows[1].Account.ID, PlanID: rows[1].PlanID})
				if e.State = state; err != nil || !granted || other.Record(t.Context(), "", e) != nil {
					t.Fatal("no such row", err)
				}
				f.platform.add(1)
				f.must(t, rows, engine.Options{}, count{csvimport.Completed: 1, csvimport.Differs: 1})
			})
		})
	}
}
