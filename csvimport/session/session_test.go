package session_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a stand-in, a ledger and a file that imports all the stand-in has.
type stage struct {
	t        *testing.T
	platform *apstest.Server
	table    [][]string
	job      session.Job
	results  bytes.Buffer
}

func newStage(t *testing.T, tenants int) *stage {
	t.Helper()
	s := &stage{t: t, platform: apstest.NewServer(t, apstest.WithTenants(tenants, 1), apstest.WithProvisioning(10*time.Millisecond), apstest.WithStrict())}
	client, err := apsclient.New(apsclient.Config{URL: s.platform.URL(), OAuth1: &apsclient.OAuth1{Key: s.platform.Key(), Secret: s.platform.Secret()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	orders, err := client.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	book, err := l.Platform(t.Context(), orders.ID, s.platform.URL())
	if err != nil {
		t.Fatal(err)
	}
	s.table = [][]string{{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"}}
	plan := s.platform.Plans()[0].ID
	for tenant := range s.platform.Tenants() {
		s.table = append(s.table, []string{tenant.Domain, plan, tenant.Subscriptions[0], tenant.Company, tenant.Email, tenant.AccountNumber})
	}
	s.job = session.Job{Platform: client, Orders: orders, Book: book, Loopback: true, Options: engine.Options{Wait: 5 * time.Second}}
	return s
}

// open opens the table, or a text in its place, as the job's file.
func (s *stage) open(text ...string) *stage {
	s.t.Helper()
	if len(text) == 0 {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.WriteAll(s.table); err != nil {
			s.t.Fatal(err)
		}
		text = []string{b.String()}
	}
	file, err := rows.Open(strings.NewReader(text[0]), "accounts.csv", rows.ReadOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { file.Close() })
	s.job.File = file
	return s
}

func (s *stage) run() (*session.Ending, error) {
	s.results.Reset()
	s.job.Results = session.Into(&s.results)
	return session.Run(s.t.Context(), s.job)
}

func (s *stage) runs(want map[csvimport.Status]int) *session.Ending {
	s.t.Helper()
	end, err := s.run()
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, end.Count); diff != "" {
		s.t.Errorf("rows by status (-want +got):\n%s", diff)
	}
	if lines := bytes.Count(s.results.Bytes(), []byte("\n")); !end.Written || lines != len(s.table) {
		s.t.Errorf("written: %t, %d lines of results for %d of the table", end.Written, lines, len(s.table))
	}
	return end
}

func (s *stage) holds(orders int) {
	s.t.Helper()
	if n := s.platform.OrderCount(); n != orders || len(s.platform.Doubles()) > 0 {
		s.t.Errorf("the platform holds %d orders, want %d; doubled: %v", n, orders, s.platform.Doubles())
	}
}

type byStatus = map[csvimport.Status]int

func TestRun(t *testing.T) {
	s := newStage(t, 4).open()
	s.runs(byStatus{csvimport.Completed: 4})
	s.holds(4)
	s.runs(byStatus{csvimport.Existing: 4})
	s.holds(4)
}

func TestFirstDay(t *testing.T) {
	s := newStage(t, 4).open()
	s.job.Loopback = false
	end := s.runs(byStatus{csvimport.Completed: 1, csvimport.Unsent: 3})
	s.holds(1)
	if !end.FirstOnly || end.First == nil || end.First.OrderNumber != "SO000001" {
		t.Errorf("the first order: %t, %+v", end.FirstOnly, end.First)
	}

	s.job.Confirm = func(context.Context, *session.Preview) error { t.Error("asked before somebody has looked"); return nil }
	_, err := s.run()
	look, ok := errors.AsType[*session.LookFirst](err)
	if !ok || look.First.OrderNumber != "SO000001" || look.Tally.Rows != 4 {
		t.Errorf("again, unproved: %v", err)
	}
	s.holds(1)

	s.job.Confirm, s.job.Options.Proved = nil, true
	s.runs(byStatus{csvimport.Completed: 3, csvimport.Existing: 1})
	s.job.Options.Proved = false // it is remembered
	s.runs(byStatus{csvimport.Existing: 4})
	s.holds(4)
}

func TestConfirm(t *testing.T) {
	no := errors.New("no")
	s := newStage(t, 3).open()
	var asked *session.Preview
	s.job.Confirm = func(_ context.Context, p *session.Preview) error { asked = p; return no }
	if end, err := s.run(); !errors.Is(err, no) || end != nil {
		t.Errorf("unconfirmed: %v, %v", end, err)
	}
	s.holds(0)
	if asked == nil || asked.ToPlace() != 3 || asked.Tally.Rows != 3 || len(asked.Estimates) != 1 || asked.Estimates[0].Rows != 3 || asked.FirstOnly {
		t.Errorf("the preview: %+v", asked)
	}
}

func TestRefusal(t *testing.T) {
	type refusal struct {
		reason session.Reason
		errors int
	}
	tests := []struct {
		name   string
		change func(*stage)
		want   refusal
		left   byStatus // with SkipInvalid; nil if that is refused too
	}{
		{"a bad row", func(s *stage) { s.table[2][4] = "nobody" }, refusal{session.HasErrors, 1}, byStatus{csvimport.Completed: 2, csvimport.Invalid: 1}},
		{"a heading is missing", func(s *stage) { s.table[0][4] = "phone" }, refusal{session.FileAtFault, 1}, nil},
		{"too many rows", func(s *stage) { s.job.MaxRows = 2 }, refusal{session.TooManyRows, 0}, nil},
		{"no statuses to choose from", func(s *stage) { s.job.Only = map[csvimport.Status]bool{csvimport.Failed: true} }, refusal{session.NoStatus, 0}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, 3)
			tt.change(s)
			s.open()
			end, err := s.run()
			r, ok := errors.AsType[*session.Refusal](err)
			if end != nil || !ok {
				t.Fatalf("got %v, %v", end, err)
			}
			if got := (refusal{r.Reason, r.Tally.Errors}); got != tt.want || r.File != "accounts.csv" || r.Error() == "" {
				t.Errorf("refused with %+v, want %+v", got, tt.want)
			}
			s.holds(0)
			s.job.SkipInvalid = true
			if tt.left != nil {
				s.runs(tt.left)
			} else if _, err := s.run(); err == nil {
				t.Error("imported with SkipInvalid")
			}
		})
	}
}

func TestPlanRefused(t *testing.T) {
	s := newStage(t, 3).open()
	var refused []csvimport.Finding
	s.job.Events.Refused = func(f []csvimport.Finding) { refused = append(refused, f...) }
	s.job.Orders = stingy{s.job.Orders, s.table[1][2]}
	_, err := s.run()
	if r, ok := errors.AsType[*session.Refusal](err); !ok || r.Reason != session.PlansRefused || r.Plans != 1 {
		t.Errorf("got %v", err)
	}
	if len(refused) != 1 || refused[0].Where() != "row 2, column B plan_id" {
		t.Errorf("told: %+v", refused)
	}
	s.holds(0)
	s.job.SkipInvalid = true
	s.runs(byStatus{csvimport.Completed: 2, csvimport.Invalid: 1})
}

// stingy has an estimate for all subscriptions but one.
type stingy struct {
	session.Orders
	sub string
}

func (o stingy) Estimate(ctx context.Context, r apsclient.OrderRequest) (apsclient.Estimate, error) {
	if r.Subscription == o.sub {
		return apsclient.Estimate{}, &apsclient.Error{Kind: apsclient.Refused, Status: 400, Code: "PLAN", Message: "this plan is not for sale"}
	}
	return o.Orders.Estimate(ctx, r)
}

func TestEvents(t *testing.T) {
	s := newStage(t, 2).open()
	var told []string
	tell := func(what string) { told = append(told, what) }
	s.job.Words = func(r csvimport.Result) csvimport.Result { r.Error += "!"; return r }
	s.job.Events = session.Events{
		Checked: func(r *csvimport.Row) { tell("checked " + r.SubID[:8]) },
		Found:   func(c *check.Checker) { tell("found") },
		Begun:   func(*session.Preview) { tell("begun") },
		Placed:  func(*engine.Outcome) { tell("placed") },
		Ended:   func(r csvimport.Result) { tell("ended " + string(r.Status) + r.Error) },
		Written: func(r csvimport.Result) { tell("written " + r.SubID[:8] + r.Error) },
	}
	a, b := s.table[1][2][:8], s.table[2][2][:8]
	s.runs(byStatus{csvimport.Completed: 2})
	want := []string{"checked " + a, "checked " + b, "found", "begun", "ended completed!", "ended completed!", "placed", "written " + a + "!", "written " + b + "!"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("an import tells (-want +got):\n%s", diff)
	}
	told = nil
	s.runs(byStatus{csvimport.Existing: 2})
	want = []string{"checked " + a, "checked " + b, "found", "ended existing!", "ended existing!"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("what is all done tells (-want +got):\n%s", diff)
	}
	if !strings.Contains(s.results.String(), ",!,") {
		t.Errorf("the words are not in the results:\n%s", &s.results)
	}
}

func TestOnly(t *testing.T) {
	s := newStage(t, 3)
	s.table[2][5] = "999" // no such account
	s.open()
	s.job.SkipInvalid = true
	s.runs(byStatus{csvimport.Completed: 2, csvimport.Invalid: 1})
	again := strings.Replace(s.results.String(), ",999,", ",,", 1)
	s.open(again)
	s.job.SkipInvalid, s.job.Only = false, byStatusSet(csvimport.Invalid)
	s.runs(byStatus{csvimport.Completed: 1})
	if n := strings.Count(s.results.String(), ",completed,"); n != 3 {
		t.Errorf("%d completed rows in the results:\n%s", n, &s.results)
	}
	s.holds(3)
}

func byStatusSet(statuses ...csvimport.Status) map[csvimport.Status]bool {
	set := make(map[csvimport.Status]bool)
	for _, s := range statuses {
		set[s] = true
	}
	return set
}

// broken has no room, or fails when it is full.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }
func (b broken) Commit() error             { return b.err }
func (b broken) Discard()                  {}

func TestNoPlaceForResults(t *testing.T) {
	full := errors.New("full")
	s := newStage(t, 2).open()
	s.job.Results = func(int64) (session.Results, error) { return nil, full }
	end, err := session.Run(t.Context(), s.job)
	if r, ok := errors.AsType[*session.ResultsError](err); !ok || r.Placed || !errors.Is(err, full) || end != nil {
		t.Errorf("no place: %v, %v", end, err)
	}
	s.holds(0)
	s.job.Results = func(int64) (session.Results, error) { return broken{full}, nil }
	end, err = session.Run(t.Context(), s.job)
	if r, ok := errors.AsType[*session.ResultsError](err); !ok || !r.Placed || end == nil || end.Written || end.Count[csvimport.Completed] != 2 {
		t.Errorf("broken: %+v, %v", end, err)
	}
	s.runs(byStatus{csvimport.Existing: 2})
	s.holds(2)
}

func TestRehearse(t *testing.T) {
	s := newStage(t, 3).open()
	s.job.Orders = stingy{s.job.Orders, s.table[2][2]}
	got, err := session.Rehearse(t.Context(), s.job)
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 2 || got.Refused != 1 || got.Unanswered+got.Skipped != 0 || got.ToPlace() != 3 {
		t.Errorf("got %+v", got)
	}
	s.holds(0)
}

func TestInterrupted(t *testing.T) {
	s := newStage(t, 30).open()
	s.job.Options = engine.Options{Rate: 50, Wait: -1}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.job.Events.Ended = func(csvimport.Result) { cancel() }
	s.job.Results = session.Into(&s.results)
	end, err := session.Run(ctx, s.job)
	if err != nil || !end.Interrupted || !end.Written || end.Count[csvimport.Unsent] == 0 {
		t.Fatalf("got %+v, %v", end, err)
	}
	s.job.Events.Ended = nil
	s.run()
	s.holds(30)
}

// lossy is a book whose runs find that a ledger is missing.
type lossy struct{ session.Book }

func (b lossy) Begin(ctx context.Context, info ledger.RunInfo) (ledger.Begun, error) {
	run, err := b.Book.Begin(ctx, info)
	return lossyRun{run}, err
}

type lossyRun struct{ ledger.Begun }

func (lossyRun) Loss() ledger.Loss             { return ledger.LossMissing }
func (lossyRun) Trusted(context.Context) error { return nil }

// A ledger that may not know of all orders places none before somebody has said when
// anybody last imported.
func TestLastImportIsAsked(t *testing.T) {
	s := newStage(t, 3).open()
	s.job.Book = lossy{s.job.Book}
	var asked []ledger.Loss
	answer, no := time.Time{}, error(nil)
	s.job.LastImport = func(_ context.Context, loss ledger.Loss) (time.Time, error) {
		asked = append(asked, loss)
		return answer, no
	}
	stopped := func(end *session.Ending, err error) {
		t.Helper()
		stop, ok := errors.AsType[*notice.StopError](end.Stopped)
		if err != nil || !ok || stop.Code != notice.StopLost || stop.Loss != ledger.LossMissing {
			t.Errorf("error %v, stopped %v, want that the ledger may be lost", err, end.Stopped)
		}
		s.holds(0)
	}
	stopped(s.run()) // nobody says
	no = errors.New("interrupted")
	if _, err := s.run(); !errors.Is(err, no) {
		t.Errorf("error %v, want %v", err, no)
	}
	s.holds(0)
	answer, no = time.Now().Add(-time.Hour), nil
	s.runs(byStatus{csvimport.Completed: 3})
	s.holds(3)
	if diff := cmp.Diff([]ledger.Loss{ledger.LossMissing, ledger.LossMissing, ledger.LossMissing}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestPreviewAddsUp shows that each row is told once in a preview: a row that may have
// an order, and that the platform shows as imported, is imported.
func TestPreviewAddsUp(t *testing.T) {
	s := newStage(t, 4).open()
	run, err := s.job.Book.Begin(t.Context(), ledger.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range s.table[1:3] {
		if _, ok, err := run.Intend(t.Context(), ledger.Entry{Sub: row[2], Gen: 1, Tenant: row[0], PlanID: row[1], State: ledger.Intended}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	for tenant := range s.platform.Tenants() {
		if err := s.platform.SetImported(tenant.Subscriptions[0], tenant.AccountID); err != nil {
			t.Fatal(err)
		}
		break // the first row's
	}
	p, err := session.Foresee(t.Context(), s.job)
	if err != nil {
		t.Fatal(err)
	}
	got := [...]int{p.Tally.Rows, p.Tally.Imported, p.Tally.Ordered, p.Doubts.Rows, p.ToPlace()}
	if want := [...]int{4, 1, 1, 1, 2}; got != want {
		t.Errorf("rows, imported, ordered, of these may exist, to place: got %v, want %v", got, want)
	}
}

// TestHelp has a hand place what nobody else has, tell nothing, and leave the first day
// and what it is not meant for alone.
func TestHelp(t *testing.T) {
	s := newStage(t, 4).open()
	s.job.Hand, s.job.Loopback = 2, false
	var shown []*session.Preview
	no := error(nil)
	s.job.Confirm = func(_ context.Context, p *session.Preview) error { shown = append(shown, p); return no }
	told := 0
	s.job.Events.Ended = func(csvimport.Result) { told++ }
	help := func(want error) {
		t.Helper()
		if err := session.Help(t.Context(), s.job); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	help(session.ErrNoHelp)
	s.holds(0)
	s.job.Loopback, no = true, errors.New("other rows")
	help(no)
	s.holds(0)
	no = nil
	help(nil)
	s.holds(4)
	s.table = s.table[:4]
	s.open()
	help(nil)
	s.holds(4)
	if told != 4 {
		t.Errorf("%d rows told, want those it placed", told)
	}
	if len(shown) != 3 || shown[0].Rows != shown[1].Rows || shown[1].Rows == shown[2].Rows {
		t.Errorf("shown: %+v, want the same rows twice, and others", shown)
	}
}
