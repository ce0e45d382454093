package rows_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// inBook is a workbook with one row below the headings: sound cells but for one, which
// is given as XML, without its reference. Its style 1 has a format.
func inBook(t testing.TB, column int, cell, format string) []byte {
	t.Helper()
	text := func(s string) string {
		var b strings.Builder
		xml.EscapeText(&b, []byte(s))
		return b.String()
	}
	row := func(cells []string) string {
		var b strings.Builder
		for _, c := range cells {
			b.WriteString(`<c t="str"><v>` + text(c) + `</v></c>`)
		}
		return "<row>" + b.String() + "</row>"
	}
	names := append(strings.Split(sixHeadings, ","), "cut_off_date")
	cells := append(strings.Split(soundLine, ","), "2026-09-01")
	sound := make([]string, len(cells))
	for i, c := range cells {
		sound[i] = `<c t="str"><v>` + text(c) + `</v></c>`
	}
	sound[column] = cell
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"_rels/.rels", `<Relationships xmlns="p"><Relationship Id="a" Type="x/officeDocument" Target="workbook.xml"/></Relationships>`},
		{"workbook.xml", `<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="A" sheetId="1" r:id="s"/></sheets></workbook>`},
		{"_rels/workbook.xml.rels", `<Relationships xmlns="p"><Relationship Id="s" Type="x/worksheet" Target="sheet.xml"/><Relationship Id="y" Type="x/styles" Target="styles.xml"/></Relationships>`},
		{"styles.xml", `<styleSheet xmlns="m"><numFmts><numFmt numFmtId="170" formatCode="` + text(format) + `"/></numFmts><cellXfs><xf/><xf numFmtId="170"/></cellXfs></styleSheet>`},
		{"sheet.xml", `<worksheet xmlns="m"><sheetData>` + row(names) + "<row>" + strings.Join(sound, "") + "</row></sheetData></worksheet>"},
	} {
		w, err := z.Create(part[0])
		must(t, err)
		_, err = io.WriteString(w, part[1])
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func openBook(t testing.TB, book []byte, opt rows.ReadOptions) *rows.File {
	t.Helper()
	f, err := rows.Open(bytes.NewReader(book), "book.xlsx", opt)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// Columns of the table that inBook makes.
const (
	inTenant = iota
	inPlan
	inSub
	inCompany
	inEmail
	inAccount
	inCutOff
)

// TestStored reads cells by what is stored in them.
func TestStored(t *testing.T) {
	for _, tt := range []struct {
		name   string
		column int
		cell   string
		format string
		want   string // value if it is read, else the code of the error
		told   string // code of a warning, if there has to be one
	}{
		{"a number for an account", inAccount, `<c><v>1000013</v></c>`, "", "1000013", "W_NUMBER_CELL"},
		{"with decimals of zero", inAccount, `<c><v>1000013.0</v></c>`, "", "1000013", "W_NUMBER_CELL"},
		{"with zeros of its format", inAccount, `<c s="1"><v>1000013</v></c>`, "0000000000", "0001000013", "W_NUMBER_CELL"},
		{"shown short", inAccount, `<c s="1"><v>1000013</v></c>`, "0.00E+00", "1000013", "W_NUMBER_CELL"},
		{"15 digits", inAccount, `<c><v>999999999999999</v></c>`, "", "999999999999999", "W_NUMBER_CELL"},
		{"16 digits", inAccount, `<c><v>1000000000000000</v></c>`, "", "E_MANGLED_NUMBER", ""},
		{"17 digits with an exponent", inAccount, `<c><v>5.85046622132005e+16</v></c>`, "", "E_MANGLED_NUMBER", ""},
		{"a fraction", inAccount, `<c><v>1000013.5</v></c>`, "", "E_ACCOUNT_ID", ""},
		{"negative", inAccount, `<c><v>-1000013</v></c>`, "", "E_ACCOUNT_ID", ""},
		{"negative, shown without its sign", inAccount, `<c s="1"><v>-1000013</v></c>`, "0;0", "E_ACCOUNT_ID", ""},
		{"a percentage", inAccount, `<c s="1"><v>1000013</v></c>`, "0%", "E_ACCOUNT_ID", ""},
		{"literal digits", inAccount, `<c s="1"><v>13</v></c>`, `"10000"00`, "E_ACCOUNT_ID", ""},
		{"thousands cut off", inAccount, `<c s="1"><v>1000013</v></c>`, "0,", "E_ACCOUNT_ID", ""},
		{"not shown", inAccount, `<c s="1"><v>1000013</v></c>`, ";;;", "E_ACCOUNT_ID", ""},
		{"a date", inAccount, `<c s="1"><v>45901</v></c>`, "d-mmm", "E_MANGLED_DATE", ""},
		{"a date as text", inAccount, `<c t="d"><v>2026-09-01</v></c>`, "", "E_MANGLED_DATE", ""},
		{"truth", inAccount, `<c t="b"><v>1</v></c>`, "", "E_ACCOUNT_ID", ""},
		{"an error", inAccount, `<c t="e"><v>#N/A</v></c>`, "", "E_SPREADSHEET_ERROR", ""},
		{"an error of no known name", inAccount, `<c t="e"><v>1000013</v></c>`, "", "E_SPREADSHEET_ERROR", ""},
		{"a number of a formula", inAccount, `<c><f>A1</f><v>1000013</v></c>`, "", "1000013", "W_FORMULA"},
		{"a text of a formula", inAccount, `<c t="str"><f>A1</f><v>0001000013</v></c>`, "", "0001000013", "W_FORMULA"},
		{"a formula without a value", inAccount, `<c><f>A1</f></c>`, "", "E_SPREADSHEET_ERROR", "W_FORMULA"},
		{"text that is short for a number", inAccount, `<c t="str"><v>1.00E+06</v></c>`, "", "E_MANGLED_NUMBER", ""},
		{"nothing", inAccount, `<c/>`, "", "", ""},

		{"a number for a name", inCompany, `<c><v>4711</v></c>`, "", "4711", "W_LOOKS_MANGLED"},
		{"with zeros of its format, for a name", inCompany, `<c s="1"><v>4711</v></c>`, "00000", "04711", "W_LOOKS_MANGLED"},
		{"shown short, for a name", inCompany, `<c s="1"><v>10000000000</v></c>`, "0.00E+00", "E_MANGLED_NUMBER", ""},
		{"with thousands, for a name", inCompany, `<c s="1"><v>4711</v></c>`, "#,##0", "E_MANGLED_NUMBER", ""},
		{"a currency", inAccount, `<c s="1"><v>1000013</v></c>`, `#,##0.00 "€"`, "1000013", "W_NUMBER_CELL"},
		{"a fraction for a name", inCompany, `<c><v>3.14</v></c>`, "", "E_MANGLED_NUMBER", ""},
		{"a percentage for a name", inCompany, `<c s="1"><v>1</v></c>`, "0%", "E_MANGLED_NUMBER", ""},
		{"a name that a format shows", inCompany, `<c s="1"><v>1</v></c>`, `"Contoso "0`, "E_MANGLED_NUMBER", ""},
		{"a date for a name", inCompany, `<c s="1"><v>45902</v></c>`, "d-mmm", "E_MANGLED_DATE", ""},
		{"a time for a name", inCompany, `<c s="1"><v>0.18</v></c>`, "h:mm", "E_MANGLED_DATE", ""},
		{"a number of a formula for a name", inCompany, `<c><f>Equals= GmbH</f><v>0</v></c>`, "", "E_SPREADSHEET_ERROR", "W_FORMULA"},
		{"a formula without a value for a name", inCompany, `<c><f>Equals= GmbH</f></c>`, "", "E_SPREADSHEET_ERROR", "W_FORMULA"},
		{"truth for a name", inCompany, `<c t="b"><v>1</v></c>`, "", "TRUE", "W_LOOKS_MANGLED"},
		{"truth of a formula for a name", inCompany, `<c t="b"><f>A1=A1</f><v>1</v></c>`, "", "E_SPREADSHEET_ERROR", "W_FORMULA"},

		{"a date", inCutOff, `<c s="1"><v>46266</v></c>`, "m/d/yyyy", "2026-09-01T00:00:00.000Z", ""},
		{"a date with a time of day", inCutOff, `<c s="1"><v>46266.57291666666</v></c>`, "m/d/yyyy h:mm", "2026-09-01T13:45:00.000Z", "W_CUT_OFF_NOT_MONTH_START"},
		{"a date as text", inCutOff, `<c t="d"><v>2026-09-01T00:00:00</v></c>`, "", "2026-09-01T00:00:00.000Z", ""},
		{"a date to come", inCutOff, `<c s="1"><v>46631</v></c>`, "yyyy-mm-dd", "2027-09-01T00:00:00.000Z", "W_CUT_OFF_IN_FUTURE"},
		{"a date of a formula", inCutOff, `<c s="1"><f>TODAY()</f><v>46266</v></c>`, "yyyy-mm-dd", "2026-09-01T00:00:00.000Z", "W_FORMULA"},
		{"a number without the format of a date", inCutOff, `<c><v>46266</v></c>`, "", "E_CUT_OFF", ""},
		{"a year", inCutOff, `<c><v>2026</v></c>`, "", "E_CUT_OFF", ""},
		{"a date of another century", inCutOff, `<c s="1"><v>1</v></c>`, "yyyy-mm-dd", "E_CUT_OFF", ""},
		{"no day", inCutOff, `<c s="1"><v>-5</v></c>`, "yyyy-mm-dd", "E_CUT_OFF", ""},
		{"truth for a date", inCutOff, `<c t="b"><v>1</v></c>`, "", "E_CUT_OFF", ""},
		{"text that is two dates", inCutOff, `<c t="str"><v>9/1/2026</v></c>`, "", "E_CUT_OFF_AMBIGUOUS", ""},

		{"a number for a plan", inPlan, `<c><v>1.2345678123441239E+39</v></c>`, "", "E_MANGLED_NUMBER", ""},
		{"32 digits for a subscription", inSub, `<c><v>12345678123412341234123456789012</v></c>`, "0", "E_MANGLED_NUMBER", ""},
		{"a small number for a subscription", inSub, `<c><v>4711</v></c>`, "", "E_GUID", ""},
		{"an id that a format shows", inSub, `<c s="1"><v>0</v></c>`, `"f4339ab3-8ae1-4cab-8950-ee899c5b1ed"0`, "E_GUID", ""},
		{"a date for a plan", inPlan, `<c s="1"><v>46266</v></c>`, "yyyy-mm-dd", "E_MANGLED_DATE", ""},
		{"truth for a plan", inPlan, `<c t="b"><v>0</v></c>`, "", "E_GUID", ""},
		{"a number for a tenant", inTenant, `<c><v>5</v></c>`, "", "E_TENANT", ""},
		{"a tenant that a format shows", inTenant, `<c s="1"><v>5</v></c>`, `"contoso"0".onmicrosoft.com"`, "E_TENANT", ""},
		{"truth for a tenant", inTenant, `<c t="b"><v>0</v></c>`, "", "E_TENANT", ""},
		{"a number for an address", inEmail, `<c><v>5</v></c>`, "", "E_EMAIL", ""},
		{"truth for an address", inEmail, `<c t="b"><v>0</v></c>`, "", "E_EMAIL", ""},
		{"an error for an address", inEmail, `<c t="e"><v>#REF!</v></c>`, "", "E_SPREADSHEET_ERROR", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			f := openBook(t, inBook(t, tt.column, tt.cell, tt.format), rows.ReadOptions{Now: now})
			got := readAll(f)
			checkWords(t, got.findings)
			told := map[string]bool{}
			for _, f := range got.findings {
				told[string(f.Code)] = true
			}
			if tt.told != "" && !told[tt.told] {
				t.Errorf("nobody is told of %s: %+v", tt.told, got.findings)
			}
			if strings.HasPrefix(tt.want, "E_") {
				if m := got.mistakes(); len(m) != 1 || m[0].Cls != tt.want || m[0].Row != 2 || m[0].Column == "" {
					t.Errorf("errors %+v, want %s", m, tt.want)
				}
				if again := readAll(annotated(t, f)); len(again.good) > 0 && tt.want != "E_MANGLED_DATE" {
					t.Errorf("refused here and taken from the annotated file: %+v", again.good)
				}
				return
			}
			if len(got.good) != 1 {
				t.Fatalf("errors %+v", got.mistakes())
			}
			g := got.good[0]
			if is := []string{g.Tenant, g.Plan, g.Sub, g.Company, g.Email, g.Account, g.CutOff}[tt.column]; is != tt.want {
				t.Errorf("read as %q, want %q", is, tt.want)
			}
			if diff := cmp.Diff(got.good, readAll(annotated(t, f)).good); diff != "" {
				t.Errorf("rows of the annotated file (-want +got):\n%s", diff)
			}
		})
	}
}

// annotated is a file as it is annotated, opened again.
func annotated(t testing.TB, f *rows.File) *rows.File {
	t.Helper()
	var out bytes.Buffer
	must(t, rows.WriteAnnotated(&out, f, rows.AnnotateOptions{}))
	again, err := rows.Open(&out, "annotated.csv", rows.ReadOptions{})
	must(t, err)
	t.Cleanup(func() { again.Close() })
	return again
}

// FuzzStored reads one cell of any kind, format and value. Every finding is complete,
// and what is read is read from the annotated file as well.
func FuzzStored(f *testing.F) {
	for _, kind := range []string{"", "n", "b", "e", "d", "str"} {
		for column := range inCutOff + 1 {
			for _, format := range []string{"General", "00000000", "0%", "yyyy-mm-dd", `"1"0`} {
				f.Add(column, kind, format, "46266", false)
			}
		}
	}
	f.Add(inCompany, "", "0", "4711", true)
	f.Add(inCutOff, "", "h:mm", "46266.999999", false)
	f.Add(inAccount, "", "#,##0.00", "1E15", false)
	f.Fuzz(func(t *testing.T, column int, kind, format, value string, formula bool) {
		for _, s := range []string{kind, format, value} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
				return r < ' ' || r == 0xfffe || r == 0xffff || r == '<' || r == '&' || r == '"' && s == kind
			}) {
				return
			}
		}
		calculated := ""
		if formula {
			calculated = "<f>A1</f>"
		}
		column = ((column % (inCutOff + 1)) + inCutOff + 1) % (inCutOff + 1)
		file := openBook(t, inBook(t, column, `<c s="1" t="`+kind+`">`+calculated+`<v>`+value+`</v></c>`, format), rows.ReadOptions{})
		got := readAll(file)
		checkWords(t, got.findings)
		for _, found := range got.findings {
			if !utf8.ValidString(found.Message) || !utf8.ValidString(found.Value) || !utf8.ValidString(found.Hint) {
				t.Errorf("%s is not UTF-8: %q %q", found.Code, found.Message, found.Value)
			}
		}
		if csvimport.Has(got.findings, csvimport.EDamaged) {
			return
		}
		again := readAll(annotated(t, file))
		if diff := cmp.Diff(got.good, again.good); diff != "" && !csvimport.Has(got.findings, csvimport.EMangledDate) {
			t.Errorf("rows of the annotated file (-want +got):\n%s\n%s", diff, strconv.Quote(value))
		}
	})
}
