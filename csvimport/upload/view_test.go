package upload_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/upload"
)

// newView has rows 2 to n+1. Each third has a warning, each fifth an error, and each
// seventh a name of its own.
func newView(t testing.TB, n int) *upload.View {
	t.Helper()
	v, err := upload.NewView()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	for i := range n {
		if err := v.Add(rowAt(i)); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func rowAt(i int) *upload.Row {
	r := &upload.Row{Row: i + 2, Cells: []string{fmt.Sprintf("tenant%d.onmicrosoft.com", i), "fe66c654-a032-47ea-b3e3-ffd770d8f752", "Contoso Ltd.", "a@b.example"}}
	if i%7 == 0 {
		r.Cells[2] = fmt.Sprintf("Łódź %d", i)
	}
	if i%3 == 0 {
		r.Marks = append(r.Marks, upload.Mark{Column: 1, Severity: "warning", What: "odd", Fault: "w"})
	}
	if i%5 == 0 {
		r.Marks = append(r.Marks, upload.Mark{Column: 2, Severity: "error", What: "wrong", Fault: "e", Error: true})
	}
	return r
}

// TestView chooses rows, and shows a part of those that are chosen.
func TestView(t *testing.T) {
	v := newView(t, 10_000) // more than stays in memory
	for name, test := range map[string]struct {
		query upload.Query
		total int
		rows  []int
	}{
		"the first":                {upload.Query{Count: 3}, 10_000, []int{2, 3, 4}},
		"in the middle":            {upload.Query{From: 5_000, Count: 2}, 10_000, []int{5_002, 5_003}},
		"the last, and no more":    {upload.Query{From: 9_999, Count: 5}, 10_000, []int{10_001}},
		"beyond the end":           {upload.Query{From: 10_000, Count: 5}, 10_000, nil},
		"none":                     {upload.Query{}, 10_000, nil},
		"marked":                   {upload.Query{Count: 4, Only: upload.Marked}, 4_667, []int{2, 5, 7, 8}},
		"errors":                   {upload.Query{From: 1, Count: 2, Only: upload.Errors}, 2_000, []int{7, 12}},
		"warnings without errors":  {upload.Query{Count: 2, Only: upload.Warnings}, 2_667, []int{5, 8}},
		"a fault":                  {upload.Query{Count: 3, Fault: "w"}, 3_334, []int{2, 5, 8}},
		"a fault, errors only":     {upload.Query{Count: 2, Fault: "w", Only: upload.Errors}, 667, []int{2, 17}},
		"no such fault":            {upload.Query{Count: 3, Fault: "x"}, 0, nil},
		"a text, whatever case":    {upload.Query{Count: 2, Search: "łÓDŹ 7"}, 161, []int{9, 72}},
		"of one row":               {upload.Query{Count: 2, Search: "tenant9998."}, 1, []int{10_000}},
		"a text over two cells":    {upload.Query{Count: 2, Search: ".comfe66"}, 0, nil},
		"a text of no row":         {upload.Query{Count: 2, Search: "fabrikam"}, 0, nil},
		"a text and a fault":       {upload.Query{Count: 1, Search: "Contoso", Fault: "e"}, 1_714, []int{7}},
		"what marks say is no row": {upload.Query{Count: 1, Search: "wrong"}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			total, list, err := v.Page(test.query)
			if err != nil {
				t.Fatal(err)
			}
			var rows []int
			for _, text := range list {
				var r upload.Row
				if err := json.Unmarshal(text, &r); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				want := rowAt(r.Row - 2)
				if len(want.Marks) == 0 {
					want.Marks = []upload.Mark{}
				}
				for i := range want.Marks {
					want.Marks[i].Error = false // is not told
				}
				if diff := cmp.Diff(*want, r); diff != "" {
					t.Errorf("row %d (-want +got):\n%s", r.Row, diff)
				}
				rows = append(rows, r.Row)
			}
			if diff := cmp.Diff(test.rows, rows); diff != "" || total != test.total {
				t.Errorf("total %d, want %d; rows (-want +got):\n%s", total, test.total, diff)
			}
		})
	}
	rows, err := v.Rows("e")
	if err != nil || len(rows) != 2_000 || rows[1] != 7 {
		t.Errorf("rows of a fault: %d, %v", len(rows), err)
	}
}

// TestViewGrows is read while rows are added.
func TestViewGrows(t *testing.T) {
	v := newView(t, 0)
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 5_000 {
			if err := v.Add(rowAt(i)); err != nil {
				t.Error(err)
			}
		}
	})
	for last := 0; last < 5_000; {
		total, _, err := v.Page(upload.Query{Count: 10, Search: "tenant"})
		if err != nil || total < last {
			t.Fatalf("%d rows after %d, %v", total, last, err)
		}
		last = total
	}
	all.Wait()
}

func BenchmarkViewSearch(b *testing.B) {
	v := newView(b, 100_000)
	for b.Loop() {
		if total, _, err := v.Page(upload.Query{Count: 100, Search: "tenant99998."}); total != 1 || err != nil {
			b.Fatal(total, err)
		}
	}
}
