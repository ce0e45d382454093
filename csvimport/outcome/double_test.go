package outcome_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// seen is a ledger of one subscription.
type seen struct {
	ledger.Book
	entries   []ledger.Entry
	sightings []ledger.Sighting
}

func (s seen) Sightings(context.Context, ...string) (map[string][]ledger.Sighting, error) {
	if len(s.sightings) == 0 {
		return nil, nil
	}
	return map[string][]ledger.Sighting{"sub": s.sightings}, nil
}

func (s seen) FindAll(context.Context, []string) (map[string][]ledger.Entry, error) {
	if len(s.entries) == 0 {
		return nil, nil
	}
	return map[string][]ledger.Entry{"sub": s.entries}, nil
}

// TestDoubles: a subscription is named where two of its orders stand, and nowhere else.
func TestDoubles(t *testing.T) {
	entry := func(state ledger.State, id, status string, shown bool) ledger.Entry {
		e := ledger.Entry{Sub: "sub", Gen: 1, State: state, OrderID: id, OrderStatus: status}
		if shown {
			e.ShownAt = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
		}
		return e
	}
	ours := entry(ledger.Completed, "ours", "CP", true)
	later := ours
	later.Gen, later.OrderID = 2, "later"
	sighting := func(id, status string, known bool) ledger.Sighting {
		return ledger.Sighting{Sub: "sub", OrderID: id, OrderStatus: status, Acknowledged: known}
	}
	for _, tc := range []struct {
		name      string
		entries   []ledger.Entry
		sightings []ledger.Sighting
		want      []string // the second orders
	}{
		{"none", []ledger.Entry{ours}, nil, nil},
		{"a second one", []ledger.Entry{ours}, []ledger.Sighting{sighting("b", "LO", false)}, []string{"b"}},
		{"a second one that was cancelled", []ledger.Entry{ours}, []ledger.Sighting{sighting("b", "CL", false)}, nil},
		{"a second one that is known", []ledger.Entry{ours}, []ledger.Sighting{sighting("b", "LO", true)}, nil},
		{"a third one beside one that is known", []ledger.Entry{ours}, []ledger.Sighting{sighting("b", "LO", true), sighting("c", "LO", false)}, []string{"c"}},
		{"ours was cancelled", []ledger.Entry{entry(ledger.Failed, "ours", "CL", true)}, []ledger.Sighting{sighting("b", "LO", false)}, nil},
		{"ours was cancelled, and there are two others", []ledger.Entry{entry(ledger.Failed, "ours", "CL", true)},
			[]ledger.Sighting{sighting("b", "LO", false), sighting("c", "CP", false)}, []string{"b", "c"}},
		{"ours was cancelled, and of two others one is known", []ledger.Entry{entry(ledger.Failed, "ours", "CL", true)},
			[]ledger.Sighting{sighting("b", "LO", true), sighting("c", "CP", false)}, []string{"c"}},
		{"the row has no order", []ledger.Entry{entry(ledger.Refused, "", "", false)}, []ledger.Sighting{sighting("b", "LO", false)}, nil},
		{"the row has no entry", nil, []ledger.Sighting{sighting("b", "LO", false)}, nil},
		{"the row has no entry, and there are two", nil, []ledger.Sighting{sighting("b", "LO", false), sighting("c", "LO", false)}, []string{"b", "c"}},
		{"it has become the row's own", []ledger.Entry{entry(ledger.Accepted, "b", "LO", true)}, []ledger.Sighting{sighting("b", "LO", false)}, nil},
		{"it has become the row's own, in a generation before", []ledger.Entry{ours, later}, []ledger.Sighting{sighting("ours", "CP", false)}, nil},
		{"an answer alone has named ours", []ledger.Entry{entry(ledger.Accepted, "ours", "", false)}, []ledger.Sighting{sighting("b", "LO", false)}, nil},
		{"ours is shown", []ledger.Entry{entry(ledger.Accepted, "ours", "LO", true)}, []ledger.Sighting{sighting("b", "LO", false)}, []string{"b"}},
		{"ours completed before it was kept when it showed", []ledger.Entry{entry(ledger.Completed, "ours", "CP", false)}, []ledger.Sighting{sighting("b", "LO", false)}, []string{"b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found, err := outcome.Doubles(t.Context(), seen{entries: tc.entries, sightings: tc.sightings})
			if err != nil {
				t.Fatal(err)
			}
			var second []string
			for _, d := range found {
				if d.Ours.Sub != "sub" {
					t.Errorf("of subscription %q", d.Ours.Sub)
				}
				for _, s := range d.Second {
					second = append(second, s.OrderID)
				}
			}
			if diff := cmp.Diff(tc.want, second); diff != "" {
				t.Errorf("second orders (-want +got):\n%s", diff)
			}
		})
	}
}
