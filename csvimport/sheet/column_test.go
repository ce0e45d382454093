package sheet_test

import (
	"testing"

	"bulkimport/csvimport/sheet"
)

// TestLetters names columns as spreadsheets do.
func TestLetters(t *testing.T) {
	for column, want := range map[int]string{-1: "", 0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := sheet.Letter(column); got != want {
			t.Errorf("Letter(%d) = %q, want %q", column, got, want)
		}
	}
}

// TestFold compares headings as people write them.
func TestFold(t *testing.T) {
	for heading, want := range map[string]string{
		"":                               "",
		"plan_id":                        "planid",
		"Plan ID":                        "planid",
		" PLAN-Id. ":                     "planid",
		"plan\u00a0\u200bid\ufeff\u00ad": "planid",
		"plan\r\nid":                     "planid",
		"p\u202elan id":                  "planid", // a mark of direction
		"E-Mail":                         "email",
		"Größe":                          "größe",
		"ÄÖ":                             "äö",
		"a+b":                            "a+b",
	} {
		if got := sheet.Fold(heading); got != want {
			t.Errorf("Fold(%q) = %q, want %q", heading, got, want)
		}
	}
}
