package rows_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// hardRows are rows that spreadsheets and programs like to spoil.
func hardRows() []six {
	names := []string{
		"Contoso, with comma", `The "Best" Bakery Ltd`, "'t Hoekje BV", "=Equals= GmbH", "+41 Telefonie AG", "-Minus- Design", "@Home",
		"=cmd|'/c calc'!A1", "株式会社テスト商事", "Pizza 🍕 Palace", "Line\nBreak", "שלום בע״מ", "شركة الاختبار", "A; B; C GmbH", "A\tB", "A|B",
		"007", "SEPT2", "Grüße & Söhne KG", `"Quoted"`, "'s-Hertogenbosch", "''double", "' quoted '",
	}
	var rows []six
	for i, n := range names {
		id := "f4339ab3-8ae1-4cab-8950-ee899c5b1" + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16]) + "0"
		rows = append(rows, six{"contoso.example", "f75a4542-53a0-4f7e-b41e-491b9712a703", id, n, "+chris@contoso.example", "0001", ""})
	}
	return rows
}

func textOf(rows []six) string {
	var b strings.Builder
	b.WriteString(sixHeadings + ",=Notes\r\n")
	for _, r := range rows {
		for i, c := range []string{r.Tenant, r.Plan, r.Sub, r.Company, r.Email, r.Account, "- done"} {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// TestReadBack writes hard rows in every way there is and reads them back.
func TestReadBack(t *testing.T) {
	want := hardRows()
	f := openText(t, textOf(want))
	if diff := cmp.Diff(want, readAll(f).good); diff != "" {
		t.Fatalf("rows (-want +got):\n%s", diff)
	}
	results := func(w *bytes.Buffer, form rows.Form, f *rows.File) error {
		return rows.WriteResults(w, form, f, func(yield func(csvimport.Reported, error) bool) {
			for row := range f.Rows() {
				result := csvimport.Result{Index: row.Index, Line: row.Line, SubID: row.SubID, Status: csvimport.Completed, AccountName: row.Company}
				if !yield(csvimport.Reported{Row: row, Result: result}, nil) {
					return
				}
			}
		}, "")
	}
	for name, write := range map[string]func(*bytes.Buffer, rows.Form, *rows.File) error{
		"clean": func(w *bytes.Buffer, form rows.Form, f *rows.File) error { return rows.WriteClean(w, form, f, nil) },
		"annotated": func(w *bytes.Buffer, form rows.Form, f *rows.File) error {
			return rows.WriteAnnotated(w, f, rows.AnnotateOptions{Form: form})
		},
		"results": results,
	} {
		t.Run(name, func(t *testing.T) {
			source := f
			// What was written is written again, each from each.
			for _, form := range []rows.Form{rows.CSV, rows.CSV, rows.Workbook, rows.Workbook, rows.CSV} {
				var out bytes.Buffer
				must(t, write(&out, form, source))
				source = openText(t, out.String())
				got := readAll(source)
				if diff := cmp.Diff(want, got.good); diff != "" {
					t.Fatalf("rows (-want +got):\n%s", diff)
				}
				for _, found := range got.findings {
					if found.Code == "W_EXTRA_COLUMN" && found.Column != "=Notes" || found.Severity == csvimport.SeverityError {
						t.Errorf("%s: %s", found.Code, found.Message)
					}
				}
			}
		})
	}
}

// TestAnnotateCorpus annotates the smaller files of the corpus: they open again
// with the same rows, in the same columns, delimiter and family of encodings.
func TestAnnotateCorpus(t *testing.T) {
	for _, dir := range []string{corpusDir, workbooksDir} {
		for _, e := range expectations(t, dir) {
			if e.rows <= 15 {
				t.Run(e.file, func(t *testing.T) { annotateCorpus(t, openCorpus(t, dir, e.file)) })
			}
		}
	}
}

func annotateCorpus(t *testing.T, f *rows.File) {
	before := readAll(f)
	var out bytes.Buffer
	must(t, rows.WriteAnnotated(&out, f, rows.AnnotateOptions{}))
	if f.Header() == nil {
		return
	}
	again, err := rows.Open(bytes.NewReader(out.Bytes()), f.Name(), rows.ReadOptions{})
	must(t, err)
	defer again.Close()
	after := readAll(again)
	if diff := cmp.Diff(before.good, after.good); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if want := append(f.Header(), "problems"); len(want) < 10_000 && !slices.Equal(again.Header(), want) {
		t.Errorf("headings %q, want %q", again.Header(), want)
	}
	if want := orComma(f.Delimiter()); again.Delimiter() != want {
		t.Errorf("delimiter %q, want %q", again.Delimiter(), want)
	}
	want := "utf-8"
	if strings.HasPrefix(f.Encoding(), "utf-16") {
		want = f.Encoding()
	}
	if again.Encoding() != want {
		t.Errorf("encoding %s, want %s", again.Encoding(), want)
	}
}

// TestAnnotate says in the last column what was found, and replaces what an
// earlier annotation said.
func TestAnnotate(t *testing.T) {
	text := "tenant;plan_id;sub_id;company_name;email;account_id;problems\n" +
		strings.ReplaceAll(soundLine, ",", ";") + ";mended meanwhile\n" +
		strings.ReplaceAll(strings.Replace(soundLine, "1000009", "1.00E+06", 1), ",", ";") + ";\n"
	text = strings.Replace(text, "f4339ab3", "a4339ab3", 1)
	f := openText(t, text)
	var out bytes.Buffer
	must(t, rows.WriteAnnotated(&out, f, rows.AnnotateOptions{}))
	lines := strings.Split(out.String(), "\n")
	if lines[0] != "\ufefftenant;plan_id;sub_id;company_name;email;account_id;problems" {
		t.Errorf("headings %q", lines[0])
	}
	if !strings.HasSuffix(lines[1], ";1000009;") {
		t.Errorf("a row without problems: %q", lines[1])
	}
	if !strings.Contains(lines[2], `account_id: ""1.00E+06"" looks like a number mangled by a spreadsheet`) {
		t.Errorf("a row with a problem: %q", lines[2])
	}
	out.Reset()
	must(t, rows.WriteAnnotated(&out, f, rows.AnnotateOptions{Findings: func(r csvimport.Row) []csvimport.Finding {
		return append(r.Findings, csvimport.Finding{Severity: csvimport.SeverityError, Message: "=1+1", Hint: "more"})
	}}))
	if !strings.Contains(out.String(), ";'=1+1; more\n") && !strings.Contains(out.String(), ";\"'=1+1; more\"\n") {
		t.Errorf("further findings are not there, or not neutralised: %q", out.String())
	}
}

// TestAnnotateKeepsRows keeps what stands above the headings, blank rows, and
// the rows of a file whose headings are at fault.
func TestAnnotateKeepsRows(t *testing.T) {
	six := sixHeadings + "\r\n"
	other := strings.Replace(soundLine, "f4339ab3", "a4339ab3", 1)
	for _, tt := range []struct{ name, text, want string }{
		{"blank rows", six + "\r\n" + soundLine + "\r\n,,,,,\r\n\r\n" + other + "\r\n\r\n", sixHeadings + ",problems\r\n\r\n" + soundLine + ",\r\n\r\n\r\n" + other + ",\r\n"},
		{"title and sep= line", "sep=,\r\nExport,=1+1\r\n\r\n" + six + soundLine + "\r\n", "Export,'=1+1\r\n\r\n" + sixHeadings + ",problems\r\n" + soundLine + ",\r\n"},
		{"column missing", "tenant,plan_id,sub_id,email,account_id\r\na,b,c,d,e\r\nf,g,h,i,j\r\n",
			"tenant,plan_id,sub_id,email,account_id,problems\r\na,b,c,d,e,\"company_name: the column company_name is missing. Found: tenant, plan_id, sub_id, email, account_id; put it back; the first line is " +
				sixHeadings + "\"\r\nf,g,h,i,j,\r\n"},
		{"not a table", "<html></html>", "problems\n\"this is a web page, not CSV: a sign-in page, or a sheet that was saved as one; sign in and download the file again, or save the sheet again as an Excel workbook (.xlsx) or CSV UTF-8\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			must(t, rows.WriteAnnotated(&out, openText(t, tt.text), rows.AnnotateOptions{}))
			if diff := cmp.Diff("\ufeff"+tt.want, out.String()); diff != "" {
				t.Errorf("annotated (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWriteErrors hands on the error of the writer.
func TestWriteErrors(t *testing.T) {
	f := openCorpus(t, corpusDir, "lo-text-o1000-utf8-comma.csv")
	for name, write := range map[string]func(w *os.File) error{
		"clean":     func(w *os.File) error { return rows.WriteClean(w, rows.CSV, f, nil) },
		"annotated": func(w *os.File) error { return rows.WriteAnnotated(w, f, rows.AnnotateOptions{}) },
	} {
		closed, err := os.Create(filepath.Join(t.TempDir(), "out.csv"))
		must(t, err)
		closed.Close()
		if err := write(closed); err == nil {
			t.Errorf("%s: writing to a closed file succeeded", name)
		}
	}
}

// TestClean writes the valid rows in normal form, and the cut-off only where
// the file has it.
func TestClean(t *testing.T) {
	f := openText(t, "\ufeff"+sixHeadings+",Notes,cut_off_date\r\n"+strings.ToUpper(soundLine[:100])+soundLine[100:]+",x,01.11.2026\r\nbad,row,,,,,,\r\n")
	var out bytes.Buffer
	must(t, rows.WriteClean(&out, rows.CSV, f, nil))
	want := sixHeadings + ",cut_off_date\n" + strings.Replace(soundLine, "Contoso Residences", "CONTOSO RESIDENCES", 1) + ",2026-11-01T00:00:00.000Z\n"
	if got := out.String(); !strings.EqualFold(got, want) || got[:140] != want[:140] {
		t.Errorf("clean (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// orComma is what a table is written with that had no delimiter of its own.
func orComma(delimiter string) string {
	if delimiter == "" {
		return ","
	}
	return delimiter
}

// TestCleanFormulas writes no name that a spreadsheet would run, and reads each back
// as it was.
func TestCleanFormulas(t *testing.T) {
	for _, name := range []string{"=1+1", "＝1+1", "x;=1+1;y", "+41 Telefonie; -AG"} {
		f := openText(t, sixHeadings+"\n"+strings.Replace(soundLine, "Contoso Residences", `"`+name+`"`, 1)+"\n")
		var out bytes.Buffer
		must(t, rows.WriteClean(&out, rows.CSV, f, nil))
		if live := strings.Contains(out.String(), ","+name) || strings.Contains(out.String(), ";=1"); live {
			t.Errorf("%s is live: %s", name, out.String())
		}
		again := readAll(openText(t, out.String()))
		if len(again.good) != 1 || again.good[0].Company != readAll(f).good[0].Company {
			t.Errorf("%s is read back as %+v", name, again.good)
		}
	}
}
