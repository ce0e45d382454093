package mangled_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
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

// sameMojibake compares what is told of a text with what trying each code page tells.
func sameMojibake(t *testing.T, s string) {
	t.Helper()
	want, wrong := mangled.MojibakeSlowly(s)
	if got, ok := mangled.Mojibake(s); got != want || ok != wrong {
		t.Errorf("%q: %q, %t, want %q, %t", s, got, ok, want, wrong)
	}
}

// TestMojibakeOfAll leaves out no code page that would tell something: of any character beside
// those that lead and follow, and of any two that the pages have.
func TestMojibakeOfAll(t *testing.T) {
	for r := rune(0); r <= 0xffff; r++ {
		for _, s := range []string{string(r) + "¤", "Ã" + string(r), string(r) + "ｮ", "繝" + string(r)} {
			sameMojibake(t, s)
		}
	}
	letters := mangled.WrongLetters()
	for _, a := range letters {
		for _, b := range letters {
			sameMojibake(t, "Gr"+string(a)+string(b)+"n")
		}
	}
}

func FuzzMojibake(f *testing.F) {
	for _, s := range []string{"GrÃ¼ÃŸe & SÃ¶hne KG", "Ð¡Ð¾ÑŽÐ·", "â€", "Łódź", "SPÓŁKA", "株式会社さくら", "삼호 무역", "灏忕背", "繝溘Λ繝ｼ", "\xc3\xff"} {
		f.Add(s)
	}
	f.Fuzz(sameMojibake)
}

// TestUnlikely tells names that need no closer look.
func TestUnlikely(t *testing.T) {
	for _, tt := range []struct {
		name    string
		yes, no []string
	}{
		{"length", []string{"Contoso", "Contoso 12", "Northwind Traders Incorporated"}, []string{""}},
		{"dates", []string{"Contoso 2-Sep", "September Traders Limited"}, []string{"2-Sep", "SEPT 2", "Décembre 2026", "10/12/2026"}},
		{"numbers", []string{"1e6 Ltd"}, []string{"1E+06"}},
		{"truth", []string{"True Ltd"}, []string{"TRUE"}},
		{"errors", []string{"No. #1"}, []string{"#N/A", "Err:502", "#1 Hosting and more"}},
		{"letters", []string{"Müller & Söhne", "Çelik Yapı A.Ş."}, []string{"Łódź", "株式会社さくら", "Gru\u0308ße", "Gr\u00fc\u0308ße"}},
		{"apostrophes", []string{"'t Hoekje B.V.", "O'Neil"}, []string{"'=Contoso", "Contoso, '+", "'"}},
		{"spaces", []string{"Con  toso"}, []string{" Contoso", "Contoso ", "Con\u00a0toso", "Con\ttoso", "Con\ntoso"}},
		{"letters lost", nil, []string{"M?ller", "M\ufffdller"}},
	} {
		for _, s := range tt.yes {
			if !mangled.Unlikely(s) {
				t.Errorf("%s: %q needs a closer look", tt.name, s)
			}
		}
		for _, s := range tt.no {
			if mangled.Unlikely(s) {
				t.Errorf("%s: %q needs no closer look", tt.name, s)
			}
		}
	}
}

// FuzzUnlikely finds nothing by a closer look at names that need none.
func FuzzUnlikely(f *testing.F) {
	for _, s := range []string{"Contoso 12", "'t Hoekje B.V.", "Fabrikam, 'Inc.'", "Société d'Énergie", "Sep 2", "TRUE", "Err:502", "1E+06", "Con\u00adtoso"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !mangled.Unlikely(s) || !utf8.ValidString(s) {
			return
		}
		_, mojibake := mangled.Mojibake(s)
		for what, found := range map[string]bool{
			"no normal form":   normal.Company(s) != s,
			"an apostrophe":    sheet.Neutralised(s),
			"a wrong encoding": mojibake,
			"lost letters":     strings.ContainsAny(s, "?\ufffd"),
			"a line end":       strings.ContainsAny(s, "\r\n"),
			"an error":         mangled.IsError(s),
			"a truth value":    mangled.IsTruth(s),
			"a number":         mangled.IsScientific(s),
			"a date":           mangled.IsDate(s),
		} {
			if found {
				t.Errorf("%q has %s", s, what)
			}
		}
	})
}
