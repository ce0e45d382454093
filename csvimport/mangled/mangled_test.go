package mangled_test

import (
	"testing"

	"bulkimport/csvimport/mangled"
)

// TestLooks tells texts that spreadsheets write from those that people do.
func TestLooks(t *testing.T) {
	for _, tt := range []struct {
		name    string
		is      func(string) bool
		yes, no []string
	}{
		{"error", mangled.IsError, []string{"#N/A", "#NAME?", "#BEZUG!", "#ОШИБКА!", "####", "Err:502", " #REF! "}, []string{"", "#", "#1 Hosting", "#HASHTAG", "N/A", "Error:"}},
		{"error of any language", mangled.LooksError, []string{"#ΛΆΘΟΣ!", "#XYZ?"}, []string{"#1 Hosting", "#a!", "Hello!", "#A B!"}},
		{"number with an exponent", mangled.IsScientific, []string{"1.00E+06", "1,5E+06", "1e6", "-1E+015"}, []string{"", "1000000", "E6", "1E+0155", "1.00E+", "1.0.0E6"}},
		{"date", mangled.IsDate, []string{"2-Sep", "Sep-02", "2. Sept. 2026", "10/12/2026", "2026-10-12", "12:30", "9月2日"}, []string{"", "SEPT2", "1000013", "2-Foo", "32/13/2026", "Contoso 2-Sep"}},
		{"truth", mangled.IsTruth, []string{"TRUE", "WAHR", "FAUX"}, []string{"", "true", "Truth"}},
	} {
		for _, s := range tt.yes {
			if !tt.is(s) {
				t.Errorf("%q is no %s", s, tt.name)
			}
		}
		for _, s := range tt.no {
			if tt.is(s) {
				t.Errorf("%q is a %s", s, tt.name)
			}
		}
	}
}

// TestMojibake tells what a text was before it was read in a wrong encoding.
func TestMojibake(t *testing.T) {
	for s, want := range map[string]string{"GrÃ¼ÃŸe & SÃ¶hne KG": "Grüße & Söhne KG", "Grüße & Söhne KG": "", "Contoso": "", "Ã": ""} {
		if got, ok := mangled.Mojibake(s); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", s, got, ok, want)
		}
	}
}
