package csvimport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
)

func TestWhere(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   csvimport.Place
		want string
	}{
		{"the file", csvimport.Place{}, ""},
		{"a line that is no row", csvimport.Place{Line: 3}, "line 3"},
		{"a row", csvimport.Place{Line: 3, Row: 3}, "row 3"},
		{"a row below line breaks", csvimport.Place{Line: 9, Row: 7}, "row 7 (line 9)"},
		{"a cell", csvimport.Place{Line: 3, Row: 3, Column: "email", Letter: "E"}, "row 3, column E email"},
		{"a cell without heading", csvimport.Place{Line: 3, Row: 3, Column: "H", Letter: "H"}, "row 3, column H"},
		{"a column", csvimport.Place{Column: "email"}, "column email"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := csvimport.NewFinding(csvimport.EEmpty, tt.at, "", "", "").Where(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFindingJSON(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    csvimport.Finding
		want string
	}{
		{"of a file", csvimport.NewFinding(csvimport.EEmptyFile, csvimport.Place{}, "", "the file is empty", ""),
			`{"type":"finding","severity":"error","code":"E_EMPTY_FILE","line":0,"row":0,"message":"the file is empty","hint":"was it still open or still being copied? Save it again"}`},
		{"of a cell", csvimport.NewFinding(csvimport.WMailto, csvimport.Place{Line: 9, Row: 7, Column: "email", Letter: "E"}, strings.Repeat("v", 61), "m", "h"),
			`{"type":"finding","severity":"warning","code":"W_MAILTO","line":9,"row":7,"column":"email","letter":"E","value":"` + strings.Repeat("v", 57) + `...","message":"m","hint":"h"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(tt.f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAddLeavesSharedFindingsAlone shows that a row whose findings are a part
// of a larger array does not write into the rest of it.
func TestAddLeavesSharedFindingsAlone(t *testing.T) {
	all := []csvimport.Finding{{Code: "first"}, {Code: "second"}}
	row := csvimport.Row{Line: 9, Row: 7, Findings: all[:1]}
	row.Add(csvimport.EPlanUnknown, "plan_id", "x", "no service plan has this id", "")
	if all[1].Code != "second" {
		t.Errorf("the neighbour's finding became %s", all[1].Code)
	}
	want := []csvimport.Finding{{Code: "first"}, csvimport.NewFinding(csvimport.EPlanUnknown, row.At("plan_id"), "x", "no service plan has this id", "")}
	if diff := cmp.Diff(want, row.Findings); diff != "" || row.Valid() {
		t.Errorf("valid %v (-want +got):\n%s", row.Valid(), diff)
	}
}
