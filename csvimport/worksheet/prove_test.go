package worksheet_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/worksheet"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// platform shows orders, and is at noon.
type platform []apsclient.Order

func (p platform) Now() time.Time { return noon }

func (p platform) List(_ context.Context, q apsclient.OrderQuery) iter.Seq2[apsclient.Order, error] {
	return func(yield func(apsclient.Order, error) bool) {
		for _, o := range p {
			if (slices.Contains(q.Numbers, o.Number) || slices.Contains(q.IDs, o.ID)) && !yield(o, nil) {
				return
			}
		}
	}
}

func (p platform) Get(_ context.Context, id string) (apsclient.Order, error) {
	i := slices.IndexFunc(p, func(o apsclient.Order) bool { return o.ID == id })
	o := p[i]
	if o.ID == "told-alone" {
		o.Subscription, o.PlanID = subA, "plan"
	}
	return o, nil
}

// book has entries, and is the run that writes them.
type book struct {
	entries []ledger.Entry
	notes   []string
	err     error
}

func (b *book) FindAll(_ context.Context, subs []string) (map[string][]ledger.Entry, error) {
	found := make(map[string][]ledger.Entry)
	for _, e := range b.entries {
		if slices.Contains(subs, e.Sub) {
			found[e.Sub] = append(found[e.Sub], e)
		}
	}
	return found, nil
}

func (b *book) Entries(context.Context, ...ledger.State) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for _, e := range b.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (b *book) Record(_ context.Context, note string, entries ...ledger.Entry) error {
	b.notes = append(b.notes, note)
	return b.err
}

// entry is one of subA, in doubt since ago.
func entry(ago time.Duration, change func(*ledger.Entry)) ledger.Entry {
	e := ledger.Entry{Sub: subA, Gen: 1, State: ledger.Doubt, Sends: 1, AccountID: "account", AccountNo: "1000001", PlanID: "plan", SubmittedAt: noon.Add(-ago), DoubtSince: noon.Add(-ago)}
	if change != nil {
		change(&e)
	}
	return e
}

func TestProve(t *testing.T) {
	const hour = time.Hour
	ours := apsclient.Order{ID: "order", Number: "SO1", Status: "CP", Reference: refA, HasReference: true}
	byContent := apsclient.Order{ID: "order", Number: "SO1", Status: "LO", Reference: "PO 7", Subscription: subA, AccountID: "account", PlanID: "plan"}
	changed := func(o apsclient.Order, change func(*apsclient.Order)) platform {
		change(&o)
		return platform{o}
	}
	accepted := func(e *ledger.Entry) {
		e.State, e.OrderID, e.OrderNumber, e.Code = ledger.Accepted, "order", "SO1", csvimport.CodeNotShown
	}
	number := worksheet.Answer{Sub: subA, Kind: worksheet.Number, Order: "so1"}
	none := worksheet.Answer{Sub: subA, Kind: worksheet.None}
	corrected := worksheet.Answer{Sub: subA, Kind: worksheet.Corrected, Known: "by order SO1: plan", Note: "Jane"}
	completed := func(e *ledger.Entry) { e.State, e.OrderID, e.OrderNumber = ledger.Completed, "order", "SO1" }
	for _, tc := range []struct {
		name    string
		entries []ledger.Entry
		orders  platform
		answer  worksheet.Answer
		want    csvimport.Code // empty: it holds
		words   string
		already bool
		untold  bool
		state   ledger.State // after it was taken
	}{
		{name: "an order with our reference", entries: []ledger.Entry{entry(0, nil)}, orders: platform{ours}, answer: number, state: ledger.Completed},
		{name: "one by its content", entries: []ledger.Entry{entry(0, nil)}, orders: platform{byContent}, answer: number, state: ledger.Accepted},
		{name: "one that only tells it when asked for alone", entries: []ledger.Entry{entry(0, nil)}, answer: number, state: ledger.Completed,
			orders: platform{{ID: "told-alone", Number: "SO1", Status: "CP", AccountID: "account"}}},
		{name: "no such order", entries: []ledger.Entry{entry(0, nil)}, answer: number, want: csvimport.EOrderNotShown},
		{name: "the reference is another's", entries: []ledger.Entry{entry(0, nil)}, answer: number, want: csvimport.EOrderOther, words: subB,
			orders: changed(ours, func(o *apsclient.Order) { o.Reference = "azure-import/" + subB })},
		{name: "the content is another's", entries: []ledger.Entry{entry(0, nil)}, answer: number, want: csvimport.EOrderOther, words: "it is for subscription " + subB,
			orders: changed(byContent, func(o *apsclient.Order) { o.Subscription = subB })},
		{name: "another plan", entries: []ledger.Entry{entry(0, nil)}, answer: number, want: csvimport.EOrderOther, words: "service plan",
			orders: changed(byContent, func(o *apsclient.Order) { o.PlanID = "other" })},
		{name: "another row has it", entries: []ledger.Entry{entry(0, nil), {Sub: subB, Gen: 1, State: ledger.Completed, OrderID: "order"}}, answer: number,
			orders: platform{ours}, want: csvimport.EOrderOther, words: subB},
		{name: "the platform tells the account alone", entries: []ledger.Entry{entry(hour, nil)}, answer: number, untold: true, state: ledger.Completed,
			orders: changed(ours, func(o *apsclient.Order) { o.Reference, o.AccountID = "", "account" })},
		{name: "which is another's", entries: []ledger.Entry{entry(hour, nil)}, answer: number, want: csvimport.EOrderOther,
			orders: changed(ours, func(o *apsclient.Order) { o.Reference, o.AccountID = "", "other" })},
		{name: "placed long before", entries: []ledger.Entry{entry(hour, nil)}, answer: number, want: csvimport.EOrderOther, words: "before this row was sent",
			orders: changed(ours, func(o *apsclient.Order) { o.Reference, o.AccountID, o.Date = "", "account", noon.Add(-3*hour) })},
		{name: "the platform tells nothing", entries: []ledger.Entry{entry(hour, nil)}, answer: number, want: csvimport.EOrderUntold,
			orders: changed(ours, func(o *apsclient.Order) { o.Reference = "" })},
		{name: "the ledger has it", entries: []ledger.Entry{entry(0, completed)}, orders: platform{ours}, answer: number, already: true},
		{name: "the row has another", entries: []ledger.Entry{entry(0, func(e *ledger.Entry) { completed(e); e.OrderID = "second" })}, orders: platform{ours}, answer: number, want: csvimport.EOrderStands},
		{name: "accepted and never shown, as it is", entries: []ledger.Entry{entry(0, accepted)}, orders: platform{ours}, answer: number, state: ledger.Completed},
		{name: "found after none was said", entries: []ledger.Entry{entry(0, func(e *ledger.Entry) { e.State = ledger.NotSent })}, orders: platform{ours}, answer: number, state: ledger.Completed},

		{name: "none, after half an hour", entries: []ledger.Entry{entry(30*time.Minute, nil)}, answer: none, state: ledger.NotSent},
		{name: "none, of a no", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.State = ledger.Denied })}, answer: none, state: ledger.NotSent},
		{name: "none, too early", entries: []ledger.Entry{entry(29*time.Minute, nil)}, answer: none, want: csvimport.ETooEarly},
		{name: "none, too early after a second send", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.Sends, e.DoubtSince = 2, noon.Add(-time.Minute) })}, answer: none, want: csvimport.ETooEarly},
		{name: "none, too early by this machine's clock", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.DoubtHere = noon.Add(-29 * time.Minute) })}, answer: none, want: csvimport.ETooEarly},
		{name: "none, of a run that was killed and found later", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.DoubtSince, e.DoubtHere = noon, noon })}, answer: none, state: ledger.NotSent},
		{name: "none, of an order that was accepted", entries: []ledger.Entry{entry(23*hour, accepted)}, answer: none, want: csvimport.ETooEarly, words: "SO1"},
		{name: "none, of one accepted a day ago", entries: []ledger.Entry{entry(24*hour, accepted)}, answer: none, state: ledger.NotSent},
		{name: "none, where there is one", entries: []ledger.Entry{entry(hour, completed)}, answer: none, want: csvimport.EOrderStands},
		{name: "none, as it is", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.State = ledger.NotSent })}, answer: none, already: true},
		{name: "none, of nothing", answer: none, want: csvimport.ENotInLedger},
		{name: "none, of an order before", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { e.Gen = 2 })}, answer: worksheet.Answer{Sub: subA, Gen: 1, Kind: worksheet.None}, want: csvimport.EReferenceOther},

		{name: "corrected", entries: []ledger.Entry{entry(hour, completed)}, answer: corrected, state: ledger.Completed},
		{name: "corrected, again", entries: []ledger.Entry{entry(hour, func(e *ledger.Entry) { completed(e); e.Code = outcome.Corrected("By order SO1: plan") })}, answer: corrected, already: true},
		{name: "corrected, of a doubt", entries: []ledger.Entry{entry(hour, nil)}, answer: corrected, want: csvimport.ENothingDiffers},
		{name: "corrected, and nothing said of what", entries: []ledger.Entry{entry(hour, completed)}, answer: worksheet.Answer{Sub: subA, Kind: worksheet.Corrected, Note: "Jane"}, want: csvimport.ENothingDiffers},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := &book{entries: tc.entries}
			proof := worksheet.Proof{Orders: tc.orders, Book: b, Here: noon, Settle: 24 * hour, When: func(at time.Time) string { return at.Format(time.RFC3339) }}
			proved, err := proof.Prove(t.Context(), []worksheet.Answer{tc.answer})
			if err != nil || len(proved) != 1 || len(b.notes) > 0 {
				t.Fatal(proved, err, b.notes)
			}
			v := &proved[0]
			var code csvimport.Code
			if len(v.Findings) > 0 {
				code = v.Findings[0].Code
				if !strings.Contains(v.Findings[0].Message, tc.words) {
					t.Errorf("it says %q, want %q in it", v.Findings[0].Message, tc.words)
				}
			}
			if code != tc.want || v.Already != tc.already || v.Untold != tc.untold {
				t.Fatalf("finding %q, already %v, untold %v; want %q, %v, %v", code, v.Already, v.Untold, tc.want, tc.already, tc.untold)
			}
			if !v.Holds() {
				return
			}
			after, err := v.Take(t.Context(), b, "jane at desk", noon)
			if err != nil || after.State != tc.state || len(b.notes) == 0 || !strings.Contains(b.notes[0], "on the word of jane at desk") {
				t.Errorf("taken: %v, %v, notes %q", after.State, err, b.notes)
			}
		})
	}
}

// TestTakenMeanwhile shows that a row that another run is at work on is left to it.
func TestTakenMeanwhile(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want csvimport.Code
	}{
		{&ledger.Conflict{Held: []string{subA}}, csvimport.EAtWork},
		{&ledger.Conflict{Ordered: []string{subA}}, csvimport.EOrderStands},
		{errors.New("the disk is full"), ""},
	} {
		b := &book{entries: []ledger.Entry{entry(time.Hour, nil)}, err: tc.err}
		proof := worksheet.Proof{Orders: platform{}, Book: b, When: time.Time.String}
		proved, err := proof.Prove(t.Context(), []worksheet.Answer{{Sub: subA, Kind: worksheet.None}})
		if err != nil {
			t.Fatal(err)
		}
		after, err := proved[0].Take(t.Context(), b, "jane", noon)
		if (err != nil) != (tc.want == "") || after.State != ledger.Doubt {
			t.Errorf("%v: %v, %v", tc.err, after.State, err)
		}
		var code csvimport.Code
		for _, f := range proved[0].Findings {
			code = f.Code
		}
		if diff := cmp.Diff(tc.want, code); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.err, diff)
		}
	}
}
